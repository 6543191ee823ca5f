// A machine for a configuration to be loaded on: a folder with files, and nothing of the machine that runs the test.

import { join } from 'node:path';
import { ConfigurationError, type Environment, type Surroundings } from '../src/index.ts';
import { scratchFolder } from './scratch-folder.ts';

export interface Machine<Loaded> {
  readonly folder: string;
  readonly load: (option?: string) => Loaded;
  /** One line each. */
  readonly problems: (option?: string) => readonly string[];
}

export function machineOf<Loaded>(
  loadConfiguration: (option: string | undefined, surroundings: Surroundings) => Loaded,
  files: { readonly [name: string]: string },
  environment: Environment = {},
): Machine<Loaded> {
  const folder = scratchFolder(files);
  const load = (option?: string): Loaded =>
    loadConfiguration(option, {
      environment,
      workingDirectory: folder,
      homeDirectory: '/home/solar',
      hostName: 'barn',
      timeZone: 'Europe/Rome',
      systemDirectory: join(folder, 'etc'),
    });
  const problems = (option?: string): readonly string[] => {
    try {
      load(option);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.message.split('\n');
      throw error;
    }
    return [];
  };
  return { folder, load, problems };
}
