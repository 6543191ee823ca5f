// Takes a picture of the page, as it is when its charts are drawn: node screenshot.ts URL OUT [WIDTHxHEIGHT] [dark].
// For the documents; the page's own tests look at numbers.

import process from 'node:process';
import { chromium } from 'playwright-core';
import { browserOptions } from './browser.ts';

const [url, out, size = '1280x800', theme = 'light'] = process.argv.slice(2);
const [width = 1280, height = 800] = size.split('x').map(Number);
if (url === undefined || out === undefined) {
  process.stderr.write('Usage: screenshot.ts URL OUT [WIDTHxHEIGHT] [dark]\n');
  process.exit(2);
}

const browser = await chromium.launch(browserOptions());
const page = await browser.newPage({
  viewport: { width, height },
  colorScheme: theme === 'dark' ? 'dark' : 'light',
  // Twice as sharp as the page is wide: documents are read on fine screens.
  deviceScaleFactor: 2,
});
await page.goto(url);
await page.locator('.dev, .steps, .contract').first().waitFor();
// Histories come after the numbers.
await page.waitForTimeout(2000);
await page.screenshot({ path: out });
await browser.close();
