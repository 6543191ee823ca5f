// Overrides from the environment: WATTLINE_ and the path of a scalar in capitals, levels joined by two underscores.

import { type JsonSchema, knownAt, scalarPaths } from './json-schema.ts';
import type { Problem } from './problem.ts';
import type { Environment } from './references.ts';
import { didYouMean } from './suggest.ts';
import type { MapNode } from './tree.ts';

const prefix = 'WATTLINE_';

/** Names the configuration file itself. */
export const fileVariable = 'WATTLINE_CONFIG';

interface Overridden {
  readonly root: MapNode;
  readonly problems: readonly Problem[];
}

/** A variable that is empty overrides nothing. `schema` is only asked for when there is an override. */
export function applyOverrides(
  root: MapNode,
  environment: Environment,
  schema: () => JsonSchema,
): Overridden {
  const problems: Problem[] = [];
  const names = Object.keys(environment).filter((name) => name.startsWith(prefix) && name !== fileVariable);
  let changed = root;
  for (const name of names.toSorted()) {
    const paths = new Map(scalarPaths(schema()).map((path) => [nameOf(path), path]));
    const path = paths.get(name);
    const text = environment[name] ?? '';
    if (path === undefined) {
      problems.push({ place: { source: name }, path: '', text: explain(name, schema(), [...paths.keys()]) });
    } else if (text !== '') {
      changed = withText(changed, path, { source: name }, text);
    }
  }
  return { root: changed, problems };
}

const nameOf = (path: readonly string[]): string => prefix + path.join('__').toUpperCase();

function explain(name: string, schema: JsonSchema, known: readonly string[]): string {
  const [first = ''] = name.slice(prefix.length).toLowerCase().split('__');
  if (knownAt(schema, [first])?.is === 'list') {
    return `overrides a key inside the list "${first}": only keys outside lists can be overridden`;
  }
  return `overrides a key that does not exist${didYouMean(name, known)}`;
}

function withText(root: MapNode, path: readonly string[], place: { source: string }, text: string): MapNode {
  const [key, ...rest] = path;
  if (key === undefined) return root;
  const entry = root.entries.get(key);
  const node = entry?.node;
  const inner: MapNode = node?.kind === 'map' ? node : { kind: 'map', entries: new Map(), place };
  const changed =
    rest.length === 0
      ? ({ kind: 'text', text, place, origin: 'written' } as const)
      : withText(inner, rest, place, text);
  return {
    ...root,
    entries: new Map(root.entries).set(key, {
      written: entry?.written ?? key,
      place: entry?.place ?? place,
      node: changed,
    }),
  };
}
