// The browser of the tests: Chromium as the machine has it.

import { existsSync } from 'node:fs';
import process from 'node:process';

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const hasBrowser = existsSync(chromiumPath);

export const browserOptions = () => ({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
});
