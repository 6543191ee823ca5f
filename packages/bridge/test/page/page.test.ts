// The page in a real Chromium, against a bridge of cardboard: the assertions of its design.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { buildPage } from '../../page/build.ts';
import { type Bench, startBench } from './bench.ts';
import { hasBrowser } from './browser.ts';
import { accessibilityCases } from './cases/accessibility.ts';
import { appearanceCases } from './cases/appearance.ts';
import { firstStepsCases } from './cases/first-steps.ts';
import { freshnessCases } from './cases/freshness.ts';
import { historyCases } from './cases/history.ts';
import { keyboardCases } from './cases/keyboard.ts';
import { kioskCases } from './cases/kiosk.ts';
import { numberCases } from './cases/numbers.ts';
import { quietCases } from './cases/quiet.ts';
import { signInCases } from './cases/sign-in.ts';
import { systemCases } from './cases/system.ts';

let bench: Bench | undefined;
let pageDir = '';

const started = (): Bench => {
  if (bench === undefined) throw new Error('The browser has not started');
  return bench;
};

/** One browser draws for all: on a busy machine a test waits long for its turn. */
const timeout = 120_000;

describe.skipIf(!hasBrowser())('the page', { timeout }, () => {
  beforeAll(async () => {
    pageDir = await mkdtemp(join(tmpdir(), 'wattline-page-'));
    await buildPage(pageDir);
    bench = await startBench(pageDir);
  }, timeout);
  afterAll(async () => {
    await bench?.close();
    await rm(pageDir, { recursive: true, force: true });
  });
  appearanceCases(started);
  accessibilityCases(started);
  kioskCases(started);
  freshnessCases(started);
  numberCases(started);
  historyCases(started);
  quietCases(started);
  keyboardCases(started);
  firstStepsCases(started);
  systemCases(started);
  signInCases(started);
});
