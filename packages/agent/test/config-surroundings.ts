// A machine for the agent's configuration to be loaded on.

import type { Environment } from '@wattline/program';
import { machineOf } from '../../program/test/machine.ts';
import { loadAgentConfiguration } from '../src/config/load.ts';

export const machineWith = (files: { readonly [name: string]: string }, environment?: Environment) =>
  machineOf(loadAgentConfiguration, files, environment);
