// A program that hears a radio by its own watched process, and prints its log.

import { createWatchedRadio } from '../src/transports/watched-radio.ts';
import { now, radioChildProgram } from './bluetooth-rigs.ts';

const print = (text: string): void => console.log(text);
const log = { error: print, warn: print, info: print, debug: print };
const receiver = createWatchedRadio({
  ...{ file: radioChildProgram, adapter: process.argv[2] ?? '', now, log },
}).receiver();
for await (const _ of receiver.packets(new AbortController().signal)) {
  // Only its being there matters.
}
