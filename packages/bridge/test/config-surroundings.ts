// A machine for a configuration to be loaded on: a folder with files, and nothing of the machine that runs the test.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, type Environment } from '@wattline/program';
import { onTestFinished } from 'vitest';
import { loadBridgeConfiguration } from '../src/config/load.ts';

export function machineWith(files: { readonly [name: string]: string }, environment: Environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o600);
  }
  const load = (option?: string) =>
    loadBridgeConfiguration(option, {
      environment,
      workingDirectory: folder,
      homeDirectory: '/home/solar',
      hostName: 'server',
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
