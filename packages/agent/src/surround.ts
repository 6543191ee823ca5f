// What every command of the agent has at hand.

import type { Beginning, Log } from '@wattline/program';

export interface Surround extends Omit<Beginning, 'words' | 'openLog'> {
  readonly log: Log;
  readonly version: string;
}
