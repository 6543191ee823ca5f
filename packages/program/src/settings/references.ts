// Values that stand elsewhere: ${NAME} in the environment, secret:name in secrets.yml beside the configuration.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigurationError, type Problem } from './problem.ts';
import { didYouMean } from './suggest.ts';
import { find, type MapNode, mapTexts, type SettingNode, shownKey, type TextNode } from './tree.ts';
import { decodeUtf8 } from './utf8.ts';
import { parseYaml } from './yaml.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** Reads the secrets when the first one is wanted. @throws ConfigurationError */
export type ReadSecrets = () => { readonly file: string; readonly root: MapNode };

interface Resolved {
  readonly root: SettingNode;
  readonly problems: readonly Problem[];
  /** Paths, in the person's spelling, of references that have no value. */
  readonly unresolved: ReadonlySet<string>;
}

/** Replaces every reference by its value, which is from then on hidden. */
export function resolveReferences(
  root: SettingNode,
  environment: Environment,
  readSecrets: ReadSecrets,
): Resolved {
  const problems: Problem[] = [];
  const unresolved = new Set<string>();
  const resolved = mapTexts(root, (node, path) => {
    const value = dereference(node.text, environment, readSecrets);
    if (value === undefined) return node;
    if ('text' in value) return { ...node, ...value };
    const { text } = find(root, path);
    unresolved.add(text);
    if ('refused' in value) problems.push({ place: node.place, path: text, text: value.refused });
    else problems.push(...value.problems);
    return node;
  });
  return { root: resolved, problems, unresolved };
}

type Value =
  | Pick<TextNode, 'text' | 'origin'>
  | { readonly refused: string }
  | { readonly problems: readonly Problem[] };

/** `undefined`: the text is no reference. */
function dereference(written: string, environment: Environment, readSecrets: ReadSecrets): Value | undefined {
  const [, variable] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(written) ?? [];
  if (variable !== undefined) {
    const text = environment[variable];
    return text === undefined
      ? { refused: `the environment has no variable ${variable}` }
      : { text, origin: 'environment' };
  }
  const [part] = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/.exec(written) ?? [];
  if (part !== undefined) return { refused: `${part} must be the whole value, not a part of it` };
  const [, name] = /^secret:([A-Za-z0-9_.-]+)$/.exec(written) ?? [];
  if (name === undefined) return undefined;
  try {
    return lookUp(name, readSecrets());
  } catch (error) {
    if (error instanceof ConfigurationError) return { problems: error.problems };
    throw error;
  }
}

function lookUp(name: string, { file, root }: ReturnType<ReadSecrets>): Value {
  const node = root.entries.get(name)?.node;
  if (node?.kind === 'text') return { text: node.text, origin: 'secrets' };
  if (node !== undefined) return { refused: `expected one value for the secret "${name}" in ${file}` };
  return {
    refused: `${file} has no secret "${name}"${didYouMean(name, [...root.entries.keys()].map(shownKey))}`,
  };
}

const secretsName = 'secrets.yml';

/** Group may read, nobody else anything: 0640 or less. */
const forbiddenMode = 0o027;

/** The secrets beside a configuration at `path`, shown in errors as beside `shown`. Read at most once. */
export function secretsBeside(path: string, shown: string): ReadSecrets {
  const file = join(dirname(shown), secretsName);
  let read: ReturnType<ReadSecrets> | undefined;
  return () => {
    read ??= { file, root: parseYaml({ file, text: readGuarded(join(dirname(path), secretsName), file) }) };
    return read;
  };
}

function readGuarded(path: string, file: string): string {
  const fail = (text: string): never => {
    throw new ConfigurationError([{ place: { source: file }, path: '', text }]);
  };
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    return fail(`cannot be read (${systemCode(error)}), and the configuration refers to it by secret:…`);
  }
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & forbiddenMode) !== 0) {
      return fail(
        `others can read or change it (mode 0${(mode & 0o777).toString(8)}); expected 0600, or 0640 with the group ` +
          `of the service: chmod 600 ${file}`,
      );
    }
    return decodeUtf8(readFileSync(descriptor), file);
  } finally {
    closeSync(descriptor);
  }
}

/** `no such file` for ENOENT and so on: what a person needs of a file system's error. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const words: { readonly [code: string]: string } = {
    ENOENT: 'no such file',
    EACCES:
      'permission denied; by hand use sudo, and for a service let its group read it: chgrp wattline, chmod 640',
    EISDIR: 'a directory',
  };
  return words[code] ?? code;
}
