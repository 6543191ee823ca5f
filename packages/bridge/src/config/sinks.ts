// Sinks as they were written, typed; a token that stands in a file of its own is read.

import { readFileSync } from 'node:fs';
import { ConfigurationError, makeSecret, type Problem, systemCode } from '@wattline/program';
import type { SinkConfiguration } from './configuration.ts';
import type { WrittenSink } from './sink-schema.ts';

interface Sinks {
  readonly sinks: readonly SinkConfiguration[];
  /** Texts of files that must never appear in a log. */
  readonly tokens: readonly string[];
}

/** @param file The configuration, as errors name it. @throws ConfigurationError with every file that holds no token */
export function toSinks(
  written: readonly WrittenSink[],
  toPath: (written: string) => string,
  file: string,
): Sinks {
  const problems: Problem[] = [];
  const tokens: string[] = [];
  const readToken = (path: string, index: number): string => {
    const token = tokenOf(toPath(path));
    if ('token' in token) {
      tokens.push(token.token);
      return token.token;
    }
    problems.push({
      place: { source: file },
      path: `sinks[${index}].token_file`,
      text: `${path}: ${token.refused}`,
    });
    return '';
  };
  const sinks = written.map((sink, index) => toSink(sink, toPath, (path) => readToken(path, index)));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { sinks, tokens };
}

function toSink(
  written: WrittenSink,
  toPath: (written: string) => string,
  readToken: (path: string) => string,
): SinkConfiguration {
  const { name } = written;
  const fromBeginning = written.from === 'beginning';
  switch (written.type) {
    case 'influxdb2': {
      const { type, org, bucket, token, token_file, create_buckets: createsMissing } = written;
      const secret = token ?? makeSecret(readToken(token_file ?? ''));
      const url = withoutSlash(written.url);
      return { name, type, url, org, bucket, token: secret, createsMissing, fromBeginning };
    }
    case 'influxdb1': {
      const { type, database, username, password, create_policies: createsMissing } = written;
      const user = {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
      };
      return { name, type, url: withoutSlash(written.url), database, ...user, createsMissing, fromBeginning };
    }
    case 'csv':
    case 'jsonl': {
      const { type, path, keep, compress: compresses } = written;
      const keepMs = Number.isFinite(keep) ? keep : null;
      return { name, type, path: toPath(path), keepMs, compresses, fromBeginning };
    }
  }
}

/** Paths are added to it. */
const withoutSlash = (url: URL): string => url.href.replace(/\/$/, '');

const tokenLengthMax = 4_096;

function tokenOf(path: string): { readonly token: string } | { readonly refused: string } {
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (token === '' || token.length > tokenLengthMax || /\s/.test(token))
      return { refused: 'expected one token and nothing else in this file' };
    return { token };
  } catch (error) {
    return { refused: `cannot be read (${systemCode(error)})` };
  }
}
