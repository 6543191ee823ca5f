// A machine for the bridge's configuration to be loaded on.

import type { Environment } from '@wattline/program';
import { machineOf } from '../../program/test/machine.ts';
import { loadBridgeConfiguration } from '../src/config/load.ts';

export const machineWith = (files: { readonly [name: string]: string }, environment?: Environment) =>
  machineOf(loadBridgeConfiguration, files, environment);
