import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collector: (() => void) | undefined;

/** Nothing is left in the heap but what can still be reached. */
export async function collect(): Promise<void> {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as () => void;
  }
  for (let rounds = 0; rounds < 3; rounds++) {
    collector();
    await turn();
  }
}
