// The browser of the tests: Chromium as the machine has it.

import { existsSync } from 'node:fs';
import process from 'node:process';

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** False once said on stderr; where everything must be there its lack is a failure. */
export function hasBrowser(): boolean {
  if (existsSync(chromiumPath)) return true;
  const remedy = `no browser at ${chromiumPath}: install the Debian package chromium, or name one in CHROMIUM`;
  if (process.env['CI'] === 'true') throw new Error(`The tests of the page need a browser; ${remedy}`);
  process.stderr.write(`Skipped the tests of the page: ${remedy}\n`);
  return false;
}

export const browserOptions = () => ({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-gpu'],
});
