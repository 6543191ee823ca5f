// From the text of a configuration to its type, or to everything that is wrong with it.

import type * as z from 'zod';
import { type JsonSchema, knownAt, placesOfKey, toJsonSchema } from './json-schema.ts';
import { applyOverrides } from './overrides.ts';
import { ConfigurationError, formatPlace, type Problem } from './problem.ts';
import { type Environment, type ReadSecrets, resolveReferences } from './references.ts';
import { hiddenText, isSensitiveKey } from './secret.ts';
import { didYouMean } from './suggest.ts';
import {
  find,
  looksSecret,
  type MapNode,
  mapTexts,
  type Path,
  type SettingNode,
  type TextNode,
  toPlain,
} from './tree.ts';
import { type ConfigurationText, parseYaml } from './yaml.ts';

export interface SettingsSource<Output> {
  /** Absent: every key has its default. */
  readonly text?: ConfigurationText;
  readonly environment: Environment;
  readonly readSecrets: ReadSecrets;
  readonly schema: z.ZodType<Output>;
  /** Another program's file into ours, before anything else looks at it. */
  readonly translate?: (root: MapNode) => Translated;
}

export interface Translated {
  readonly root: MapNode;
  /** Keys that this program does not know are left out and told about, instead of refused. */
  readonly toleratesUnknownKeys?: boolean;
  /** What could not be translated; nothing else is said about these paths. */
  readonly problems?: readonly Problem[];
}

interface Settings<Output> {
  readonly value: Output;
  /** Texts that must never appear in a log. */
  readonly secrets: readonly string[];
  /** What was left out, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** @throws ConfigurationError with every problem. */
export function readSettings<Output>(source: SettingsSource<Output>): Settings<Output> {
  let jsonSchema: JsonSchema | undefined;
  const schema = (): JsonSchema => {
    jsonSchema ??= toJsonSchema(source.schema);
    return jsonSchema;
  };
  const written = source.text === undefined ? withoutFile : parseYaml(source.text);
  const translated: Translated = source.translate?.(written) ?? { root: written };
  const overridden = applyOverrides(translated.root, source.environment, schema);
  const resolved = resolveReferences(overridden.root, source.environment, source.readSecrets);
  const left =
    translated.toleratesUnknownKeys === true ? leaveOutUnknown(resolved.root, source.schema) : undefined;
  const root = left?.root ?? resolved.root;
  const result = source.schema.safeParse(toPlain(root));
  const untranslated = translated.problems ?? [];
  const before = [...untranslated, ...overridden.problems, ...resolved.problems];
  if (result.success && before.length === 0) {
    return { value: result.data, secrets: secretsIn(root), notices: left?.notices ?? [] };
  }
  const issues = result.success ? [] : result.error.issues;
  // A value that could not be had is one problem, not two.
  const explained = new Set([...untranslated.map(({ path }) => path), ...resolved.unresolved]);
  const problems = issues.flatMap((issue) => explainIssue(issue, root, schema));
  throw new ConfigurationError([...before, ...problems.filter(({ path }) => !explained.has(path))]);
}

const withoutFile: MapNode = {
  kind: 'map',
  entries: new Map(),
  place: { source: 'without a configuration file' },
};

function secretsIn(root: SettingNode): readonly string[] {
  const secrets = new Set<string>();
  mapTexts(root, (node, path) => {
    if (node.origin === 'secrets' || isSensitiveKey(path.at(-1))) secrets.add(node.text);
    return node;
  });
  return [...secrets].filter((text) => text !== '');
}

function leaveOutUnknown(
  root: SettingNode,
  schema: z.ZodType,
): { root: SettingNode; notices: readonly string[] } {
  const unknown = (schema.safeParse(toPlain(root)).error?.issues ?? []).flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...pathOf(issue), key]) : [],
  );
  const notices = unknown.map((path) => {
    const { keyPlace, text } = find(root, path);
    return `${formatPlace(keyPlace)}: ${text}: left out, it means nothing here`;
  });
  return { root: unknown.reduce<SettingNode>(without, root), notices };
}

function without(node: SettingNode, path: Path): SettingNode {
  const [step, ...rest] = path;
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item, index) => (index === step ? without(item, rest) : item)) };
  }
  if (node.kind !== 'map') return node;
  const entries = new Map(node.entries);
  const key = String(step);
  const entry = entries.get(key);
  if (rest.length === 0) entries.delete(key);
  else if (entry !== undefined) entries.set(key, { ...entry, node: without(entry.node, rest) });
  return { ...node, entries };
}

type Issue = z.core.$ZodIssue;

const pathOf = (issue: Issue): Path =>
  issue.path.map((step) => (typeof step === 'number' ? step : String(step)));

function explainIssue(issue: Issue, root: SettingNode, schema: () => JsonSchema): readonly Problem[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], root, schema()));
  }
  const { node, place, text: pathText } = find(root, path);
  if (issue.code === 'custom' && issue.params?.['isExpectation'] !== true) {
    return [{ place, path: pathText, text: issue.message }];
  }
  const expected = expectation(issue);
  if (node === undefined || node.kind === 'empty') {
    return [{ place, path: pathText, text: `missing; expected ${expected}` }];
  }
  const words = issue.code === 'custom' ? issue.params?.['words'] : optionsOf(issue);
  const hint =
    node.kind === 'text' && Array.isArray(words) && words.length > 1 && !mustHide(path, node)
      ? didYouMean(node.text, words)
      : '';
  return [{ place, path: pathText, text: `expected ${expected}, found ${describeNode(path, node)}${hint}` }];
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'keys below it (key: value)';
  if (issue.code === 'invalid_type' && issue.expected === 'array')
    return 'a list (lines that begin with "- ")';
  const options = optionsOf(issue);
  if (options === undefined) return issue.message;
  return options.length === 1
    ? `"${options[0]}", the only one of this release`
    : `one of ${options.join(', ')}`;
}

/** The words among which a union chooses. */
function optionsOf(issue: Issue): readonly string[] | undefined {
  if (issue.code !== 'invalid_union' || !('options' in issue) || !Array.isArray(issue.options))
    return undefined;
  return issue.options.map(String);
}

function unknownKey(path: Path, root: SettingNode, schema: JsonSchema): Problem {
  const { keyPlace, text } = find(root, path);
  const key = String(path.at(-1));
  if (key.includes(':')) return { place: keyPlace, path: text, text: 'a blank is missing after ":"' };
  const known = knownAt(schema, path.slice(0, -1))?.keys ?? [];
  const near = didYouMean(key, known);
  const elsewhere = placesOfKey(schema, key);
  const hint =
    near !== ''
      ? near
      : elsewhere.length > 0
        ? `; it belongs to ${elsewhere.join(' or ')}`
        : `; known here: ${known.join(', ')}`;
  return { place: keyPlace, path: text, text: `unknown key${hint}` };
}

const shownLengthMax = 60;

const mustHide = (path: Path, node: TextNode): boolean =>
  node.origin !== 'written' || path.some(isSensitiveKey) || looksSecret(node.text);

/** What stands somewhere, as an error may show it. */
export function describeNode(path: Path, node: SettingNode): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.kind === 'map') return 'keys below it';
  if (node.kind === 'empty') return 'nothing';
  if (mustHide(path, node)) return hiddenText;
  const { text } = node;
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text);
}
