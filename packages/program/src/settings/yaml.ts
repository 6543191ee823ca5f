// YAML into a tree of texts. No scalar is ever given a type here: for YAML 1.1 an address of digits is a number in
// base 60, for YAML 1.2 a key with an `e` in it is a float; what a text means is for the schema to say.

import {
  type ErrorCode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  type YAMLError,
} from 'yaml';
import { ConfigurationError, type Problem } from './problem.ts';
import { type Entry, type MapNode, type Place, type SettingNode, shownKey } from './tree.ts';

export interface ConfigurationText {
  /** As shown in errors. */
  readonly file: string;
  readonly text: string;
}

/** Deeper than any configuration, shallow enough for the stack. */
const depthMax = 32;

/**
 * @throws ConfigurationError naming the first place where the text is no YAML, or every construct that a
 * configuration must not use.
 */
export function parseYaml({ file, text }: ConfigurationText): MapNode {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [fault] = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (fault !== undefined) {
    const offset = offsetOf(fault, document.errors, text);
    const isVariable = text.slice(offset - 1, offset + 1) === '${';
    const why = isVariable ? variableInFlow : explanations[fault.code];
    const said = `not YAML: ${why ?? 'something unexpected stands here'}`;
    throw new ConfigurationError([{ place: placeAt(offset), path: '', text: said }]);
  }
  const problems: Problem[] = [];
  const root = toNode(document.contents, { placeAt, problems, path: '', depth: 0, start: 0 });
  if (problems.length > 0) throw new ConfigurationError(problems);
  if (root.kind === 'map') return root;
  if (root.kind === 'empty') return { kind: 'map', entries: new Map(), place: placeAt(0) };
  throw new ConfigurationError([
    { place: root.place, path: '', text: `expected keys (key: value), found a ${root.kind}` },
  ]);
}

/** A line that is indented too far is found by the parser at the value above it, which it seems to continue. */
function offsetOf(fault: YAMLError, faults: readonly YAMLError[], text: string): number {
  const [start] = fault.pos;
  const continued = faults.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === start);
  if (continued === undefined) return start;
  const lineStart = text.lastIndexOf('\n', continued.pos[1] - 1) + 1;
  return lineStart + text.slice(lineStart).search(/\S/);
}

interface Context {
  readonly placeAt: (offset: number) => Place;
  readonly problems: Problem[];
  readonly path: string;
  readonly depth: number;
  /** Where the node stands if it is empty. */
  readonly start: number;
}

function toNode(value: unknown, context: Context): SettingNode {
  const { placeAt, problems, path, depth, start } = context;
  const place = placeAt(startOf(value) ?? start);
  const refuse = (text: string): SettingNode => {
    problems.push({ place, path, text });
    return { kind: 'empty', place };
  };
  if (value === null || value === undefined) return { kind: 'empty', place };
  if (depth > depthMax) return refuse(`nested more than ${depthMax} levels deep`);
  // An unquoted password that begins with & or * is an anchor or an alias for YAML: its text must not be printed.
  if (isAlias(value)) return refuse('a text that begins with * must be in quotes');
  if (hasAnchor(value)) return refuse('a text that begins with & must be in quotes');
  if (isScalar(value)) return scalarNode(value, place);
  if (isSeq(value)) {
    const items = value.items.map((item, index) =>
      toNode(item, {
        ...context,
        path: `${path}[${index}]`,
        depth: depth + 1,
        start: startOf(value) ?? start,
      }),
    );
    return { kind: 'list', items, place };
  }
  if (isMap(value)) return { kind: 'map', entries: entriesOf(value.items, context), place };
  return refuse('expected a text, a list or keys');
}

function scalarNode(scalar: Scalar, place: Place): SettingNode {
  const text = String(scalar.value ?? '');
  const isPlain = scalar.type === undefined || scalar.type === Scalar.PLAIN;
  if (isPlain && ['', '~', 'null'].includes(text)) return { kind: 'empty', place };
  return { kind: 'text', text, place, origin: 'written' };
}

function entriesOf(pairs: readonly unknown[], context: Context): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const pair of pairs) {
    if (!isPair(pair)) continue;
    const start = startOf(pair.key) ?? context.start;
    const place = context.placeAt(start);
    if (!isScalar(pair.key) || hasAnchor(pair.key)) {
      context.problems.push({ place, path: context.path, text: 'expected a key that is a simple word' });
      continue;
    }
    const key = String(pair.key.value ?? '');
    const path = context.path === '' ? shownKey(key) : `${context.path}.${shownKey(key)}`;
    const earlier = entries.get(key);
    if (earlier !== undefined) {
      const line = 'line' in earlier.place ? ` (first in line ${earlier.place.line})` : '';
      context.problems.push({ place, path, text: `this key stands here twice${line}` });
      continue;
    }
    const node = toNode(pair.value, { ...context, path, depth: context.depth + 1, start });
    entries.set(key, { written: key, place, node });
  }
  return entries;
}

const startOf = (value: unknown): number | undefined =>
  (isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)) && value.range
    ? value.range[0]
    : undefined;

const hasAnchor = (value: unknown): boolean =>
  (isScalar(value) || isMap(value) || isSeq(value)) && value.anchor !== undefined;

const variableInFlow = `inside { } and [ ] a \${NAME} must be in quotes: "\${NAME}"`;

const indentation =
  'the indentation does not fit: keys of one level begin in the same column, a value stands after ": "';

// The parser's own words can quote the text around a fault, and that may be a password.
const explanations: { readonly [code in ErrorCode]?: string } = {
  BAD_INDENT: indentation,
  BLOCK_AS_IMPLICIT_KEY: indentation,
  MULTILINE_IMPLICIT_KEY: indentation,
  BLOCK_IN_FLOW: 'inside { } and [ ] everything is written with commas, not with lines of its own',
  TAB_AS_INDENT: 'a tab stands here; YAML is indented with blanks',
  MISSING_CHAR:
    'something is not closed or not separated: a quote, a bracket, a comma, or the blank after ":" or "-"',
  BAD_DQ_ESCAPE: 'a backslash in double quotes means something else here; use single quotes',
  BAD_SCALAR_START: 'a text that begins with @, ` or % must be in quotes',
  BAD_ALIAS: 'a text that begins with * must be in quotes',
  ALIAS_PROPS: 'a text that begins with * must be in quotes',
  MULTIPLE_ANCHORS: 'a text that begins with & must be in quotes',
  TAG_RESOLVE_FAILED: 'a text that begins with ! must be in quotes; a secret is written secret:name',
  MULTIPLE_TAGS: 'a text that begins with ! must be in quotes',
  MULTIPLE_DOCS: 'a second document begins here ("---"); a configuration is one',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters: a ":" or a quote is in the wrong place',
};
