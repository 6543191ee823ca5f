// One browser for all tests of the page; each test has a fixture bridge and a context of its own, and fails when the
// browser complains or the page asks anybody but its own bridge.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { browserOptions } from './browser.ts';
import { type Fixture, type FixtureOptions, startFixture } from './fixture-server.ts';

export const sizes = {
  desktop: { width: 1280, height: 800 },
  kiosk: { width: 800, height: 480 },
  phone: { width: 390, height: 844 },
} as const;
export type Size = keyof typeof sizes;

/** Every page is looked at in all of them. */
export const looks = (Object.keys(sizes) as Size[]).flatMap((size) =>
  (['light', 'dark'] as const).map((theme) => ({ size, theme })),
);

export interface VisitOptions {
  readonly size?: Size;
  readonly theme?: 'light' | 'dark';
  /** After the origin: `?kiosk#/device/d1`. */
  readonly address?: string;
  readonly fixture?: FixtureOptions;
  /** What is waited for before the test begins. */
  readonly link?: 'live' | 'refused';
  /** The page's timers and clocks go only as the test says. */
  readonly stoppedClock?: boolean;
  /** Complaints of the browser that the test brings about itself. */
  readonly expected?: RegExp;
  readonly script?: string;
}

export interface Visit {
  readonly page: Page;
  readonly fixture: Fixture;
  readonly problems: string[];
}

export interface Bench {
  readonly visit: (options: VisitOptions, use: (visit: Visit) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startBench(pageDir: string): Promise<Bench> {
  const browser = await chromium.launch(browserOptions());
  return {
    visit: (options, use) => visitOf(browser, pageDir, options, use),
    close: () => browser.close(),
  };
}

async function visitOf(
  browser: Browser,
  pageDir: string,
  options: VisitOptions,
  use: (visit: Visit) => Promise<void>,
): Promise<void> {
  const { size = 'desktop', theme = 'light', address = '', stoppedClock = false, script } = options;
  const fixture = await startFixture(pageDir, options.fixture);
  const contextOptions: BrowserContextOptions = {
    viewport: sizes[size],
    colorScheme: theme,
    locale: 'en-GB',
    hasTouch: size !== 'desktop',
  };
  const context = await browser.newContext(contextOptions);
  try {
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const problems = watch(page, fixture, options.expected);
    if (stoppedClock) await page.clock.install();
    if (script !== undefined) await page.addInitScript(script);
    await page.goto(fixture.url + address);
    await page.locator(`[data-link=${options.link ?? 'live'}]`).waitFor();
    await use({ page, fixture, problems });
    expect(problems).toEqual([]);
  } finally {
    await context.close();
    await fixture.close();
  }
}

/** What must not happen on any page. */
function watch(page: Page, fixture: Fixture, expected: RegExp = /^$/): string[] {
  const problems: string[] = [];
  const note = (text: string): void => {
    if (!expected.test(text)) problems.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text());
  });
  page.on('pageerror', (error) => note(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(fixture.url)) note(`asks ${request.url()}`);
  });
  return problems;
}

/** Follows an address within the page. */
export async function goTo({ page, fixture }: Pick<Visit, 'page' | 'fixture'>, hash: string): Promise<void> {
  await page.evaluate((next) => {
    location.hash = next;
  }, hash);
  await settled(page, fixture);
}

/** Reads again and again until `check` is content; its last complaint is the failure. */
export async function eventually<Value>(
  read: () => Value | Promise<Value>,
  check: (value: Value) => void,
  timeoutMs = 60_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    try {
      return check(value);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(50);
  }
}

/** Waits until the page has drawn its parts and asks for nothing more. */
export async function settled(page: Page, fixture: Fixture): Promise<void> {
  await page.locator('main').first().waitFor();
  let asked = -1;
  let quietSince = performance.now();
  while (performance.now() - quietSince < 200) {
    if (fixture.asked().length !== asked) quietSince = performance.now();
    asked = fixture.asked().length;
    // A busy page answers only when it has drawn what came before.
    await page.evaluate('0');
    await sleep(40);
  }
}
