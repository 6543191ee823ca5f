// A page that wants a name and a password first.

import { describe, expect, test } from 'vitest';
import { type Bench, looks } from '../bench.ts';
import { violations } from './accessibility.ts';

const locked = { fixture: { password: 'correct horse' }, link: 'refused', expected: /401/ } as const;

export function signInCases(bench: () => Bench): void {
  describe('signing in', () => {
    test.concurrent('by keyboard alone: a wrong password is said, the right one opens, and out again', async () => {
      await bench().visit({ ...locked }, async ({ page, fixture }) => {
        expect(await page.locator('.dev').count()).toBe(0);
        fixture.forget();
        await page.locator('input[name=name]').focus();
        await page.keyboard.type('owner');
        await page.keyboard.press('Tab');
        await page.keyboard.type('wrong');
        await page.keyboard.press('Enter');
        await page.locator('[role=alert]:has-text("There is no such user")').waitFor();
        // Whoever must sign in first asks for nothing else; a browser asks for the icon when it likes.
        expect(fixture.asked().filter((path) => path !== '/icon.svg')).toEqual(['/api/session']);
        await page.locator('input[name=password]').fill('correct horse');
        await page.keyboard.press('Enter');
        await page.locator('[data-link=live]').waitFor();
        await page.locator('.dev').first().waitFor();
        await page.locator('.foot-page button', { hasText: 'Sign out owner' }).click();
        await page.locator('input[name=password]').waitFor();
      });
    });

    test.concurrent.each(looks)('axe finds nothing wrong with it: $size, $theme', async (look) => {
      const address = look.size === 'kiosk' ? '?kiosk' : '';
      await bench().visit({ ...locked, ...look, address }, async ({ page }) => {
        expect(await violations(page)).toEqual([]);
      });
    });

    test.concurrent.each([
      ['ja', 'ログイン', 'パスワードが違います'],
      ['af', 'Meld aan', 'wagwoord is ’n ander'],
    ])('in %s, and what went wrong as well', async (language, word, problem) => {
      await bench().visit({ ...locked, address: `?lang=${language}` }, async ({ page }) => {
        const button = page.locator('button[type=submit]');
        expect(await button.textContent()).toBe(word);
        await page.locator('input[name=name]').fill('owner');
        await page.locator('input[name=password]').fill('wrong');
        await button.click();
        await page.locator('[role=alert]', { hasText: problem }).waitFor();
      });
    });

    test.concurrent.each(['phone', 'kiosk'] as const)(
      'there is a way out again by finger: %s',
      async (size) => {
        const address = size === 'kiosk' ? '?kiosk' : '';
        await bench().visit({ ...locked, size, address }, async ({ page }) => {
          await page.locator('input[name=name]').fill('owner');
          await page.locator('input[name=password]').fill('correct horse');
          await page.locator('button[type=submit]').tap();
          await page.locator('.dev').first().tap();
          await page.locator('h1:not(.sr)').waitFor();
          const out = page.locator('.foot-page button', { hasText: 'Sign out owner' });
          await out.scrollIntoViewIfNeeded();
          expect((await out.boundingBox())?.height).toBeGreaterThanOrEqual(44);
          await out.tap();
          await page.locator('input[name=password]').waitFor();
          expect(await page.locator('.dev').count()).toBe(0);
        });
      },
    );
  });
}
