// What is wrong with a configuration, for the person who wrote it: all of it at once, in the order of the file.

import type { Place } from './tree.ts';

export interface Problem {
  readonly place: Place;
  /** `devices[0].key`; empty for the file as a whole. */
  readonly path: string;
  readonly text: string;
}

export class ConfigurationError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const unique = new Map(problems.toSorted(byPlace).map((problem) => [formatProblem(problem), problem]));
    super([...unique.keys()].join('\n'));
    this.name = 'ConfigurationError';
    this.problems = [...unique.values()];
  }
}

/** `agent.yml:7:9: mqtt.port: expected …, found …` */
function formatProblem({ place, path, text }: Problem): string {
  return [formatPlace(place), ...(path === '' ? [] : [path]), text].join(': ');
}

export const formatPlace = (place: Place): string =>
  'file' in place ? `${place.file}:${place.line}:${place.column}` : place.source;

function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  if (!('file' in a)) return 'file' in b ? 1 : 0;
  if (!('file' in b)) return -1;
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
