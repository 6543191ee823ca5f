// What every command of the bridge has at hand.

import type { Beginning, Log } from '@wattline/program';
import type { BridgeConfiguration } from './config/configuration.ts';

export interface Surround
  extends Pick<
    Beginning,
    'surroundings' | 'terminal' | 'input' | 'redactor' | 'signal' | 'mainFile' | 'tellParent'
  > {
  readonly configuration: BridgeConfiguration;
  readonly log: Log;
  readonly version: string;
}
