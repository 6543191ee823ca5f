// The browser of the tests: Chromium as the machine has it.

import { existsSync } from 'node:fs';
import process from 'node:process';
import { hasAllNeeds } from '../../../simulator/src/services/needs.ts';

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

const missing = `no browser at ${chromiumPath}: sudo apt install chromium, or name one in CHROMIUM`;

/** False where the tests of the page are to be skipped. */
export const hasBrowser = (): boolean =>
  hasAllNeeds(existsSync(chromiumPath) ? undefined : missing, process.env);

export const browserOptions = () => ({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-gpu'],
});
