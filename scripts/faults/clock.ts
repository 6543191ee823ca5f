// Wall clocks of programs that are wrong, by libfaketime. Clocks that only count are left alone, as the kernel does when
// the time is set.

import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const places = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/** The library that steps clocks; `undefined` where it is not installed. */
export const findFaketime = (): string | undefined => globSync(places)[0];

export interface SteppedClock {
  /** For the program whose clock it is. */
  readonly environment: { readonly [name: string]: string };
  /** Seconds beside the true time from now on; the program sees it within a second. */
  step(seconds: number): void;
}

export function createSteppedClock(folder: string, name: string, library: string): SteppedClock {
  const file = join(folder, `${name}.clock`);
  const step = (seconds: number): void => {
    // In one step: an empty file is another time.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    renameSync(`${file}.new`, file);
  };
  step(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    step,
  };
}
