// Where a program's configuration and its state are, when nobody says so.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileVariable } from './overrides.ts';
import { ConfigurationError } from './problem.ts';
import { type Environment, systemCode } from './references.ts';
import { decodeUtf8 } from './utf8.ts';
import type { ConfigurationText } from './yaml.ts';

/** What a program knows of the machine; `main.ts` alone asks for it. */
export interface Surroundings {
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly hostName: string;
  /** IANA name of the machine's time zone. */
  readonly timeZone: string;
  /** `/etc/wattline` but in tests. */
  readonly systemDirectory?: string;
}

const systemConfiguration = '/etc/wattline';
const systemState = '/var/lib/wattline';

export interface Candidates {
  /** `--config FILE`. */
  readonly option?: string | undefined;
  /** `agent.yml`, looked for here and in the system's directory. */
  readonly name: string;
  /** A file of another name in the working directory that may be for us, and what tells it. */
  readonly foreign?: { readonly name: string; readonly isOurs: (text: string) => boolean };
}

interface Located {
  readonly path: string;
  /** `file` is what errors show: as short as the way by which it was found. */
  readonly text: ConfigurationText;
}

/**
 * In this order: the option, $WATTLINE_CONFIG, the working directory, the system's directory. `undefined`: none.
 *
 * @throws ConfigurationError when a file that was named, or that is there, cannot be read.
 */
export function locateConfiguration(candidates: Candidates, surroundings: Surroundings): Located | undefined {
  const { workingDirectory, environment, systemDirectory = systemConfiguration } = surroundings;
  const named = candidates.option ?? environment[fileVariable];
  if (named !== undefined && named !== '') {
    const located = read(workingDirectory, named);
    if (located !== undefined) return located;
    throw new ConfigurationError([{ place: { source: named }, path: '', text: 'no such file' }]);
  }
  const own = read(workingDirectory, candidates.name);
  if (own !== undefined) return own;
  if (candidates.foreign !== undefined) {
    const foreign = read(workingDirectory, candidates.foreign.name);
    if (foreign !== undefined && candidates.foreign.isOurs(foreign.text.text)) return foreign;
  }
  return read(workingDirectory, join(systemDirectory, candidates.name));
}

/** Larger than any configuration. */
const bytesMax = 2 ** 20;

function read(workingDirectory: string, file: string): Located | undefined {
  const path = file.startsWith('/') ? file : join(workingDirectory, file);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const reason = systemCode(error);
    if (reason === 'no such file') return undefined;
    throw new ConfigurationError([{ place: { source: file }, path: '', text: `cannot be read: ${reason}` }]);
  }
  if (bytes.length > bytesMax) {
    throw new ConfigurationError([{ place: { source: file }, path: '', text: 'larger than 1 MiB' }]);
  }
  return { path, text: { file, text: decodeUtf8(bytes, file) } };
}

/**
 * Where a program keeps what it must not lose: what systemd gives it, the system's directory for the system's
 * configuration, else the user's own.
 */
export function stateDirectory(surroundings: Surroundings, configurationPath: string | undefined): string {
  const { environment, homeDirectory, systemDirectory = systemConfiguration } = surroundings;
  // systemd joins several by colons.
  const [given] = (environment['STATE_DIRECTORY'] ?? '').split(':');
  if (given) return given;
  if (configurationPath?.startsWith(`${systemDirectory}/`)) return systemState;
  return join(environment['XDG_STATE_HOME'] || join(homeDirectory, '.local', 'state'), 'wattline');
}
