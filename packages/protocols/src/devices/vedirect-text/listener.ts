// Listens to a VE.Direct port. A round of values comes in one block or in several, and only one of them says what the
// device is: the newest value of each label is kept with its time.

import type { Decoded, Listener } from '../../device.ts';
import { takeBlock } from '../../framing/vedirect-text.ts';
import { joinChunks, takeOrSkip } from '../../session.ts';
import { decodeBlock, identityLabels, isKnownLabel, recordOf } from './record.ts';

/** A round takes one or two seconds; a label not heard for this long is not shown as new any more. */
export const labelAgeMaxMs = 10_000;
/** Labels kept for `read --raw`: far more than a device has. */
const unknownLabelsMax = 64;

export function listen(): Listener {
  let received: Uint8Array = new Uint8Array();
  const heard = new Map<string, { readonly text: string; readonly timeMs: number }>();
  const identity = new Map<string, string>();
  const counted = new Map<string, { readonly text: string; readonly count: number }>();
  let whole = false;

  const hear = (block: ReadonlyMap<string, string>, timeMs: number): void => {
    const product = block.get('PID');
    const before = identity.get('PID');
    // Another device on the port: nothing of the old one may appear under its name.
    if (product !== undefined && before !== undefined && product !== before) {
      heard.clear();
      identity.clear();
      counted.clear();
      whole = false;
    }
    forgetOld(timeMs);
    for (const [label, text] of block) {
      if (heard.has(label)) whole = true;
      heard.set(label, { text, timeMs });
      if (identityLabels.includes(label)) identity.set(label, text);
      const count = (counted.get(label)?.count ?? 0) + 1;
      if (count > 1 || counted.size < unknownLabelsMax) counted.set(label, { text, count });
    }
  };

  const forgetOld = (timeMs: number): void => {
    for (const [label, { timeMs: heardMs }] of heard)
      if (timeMs - heardMs > labelAgeMaxMs) heard.delete(label);
  };

  const current = (timeMs: number): (Decoded & { readonly timeMs: number }) | undefined => {
    forgetOld(timeMs);
    if (heard.size === 0) return undefined;
    const decoded = decodeBlock(new Map([...heard].map(([label, { text }]) => [label, text])), identity);
    if (decoded === undefined) return undefined;
    return { ...decoded, timeMs: Math.max(...[...heard.values()].map(({ timeMs: heardMs }) => heardMs)) };
  };

  const push: Listener['push'] = (chunk, timeMs) => {
    const heardNow: (Decoded | { readonly corrupt: string })[] = [];
    received = joinChunks([received, chunk]);
    for (;;) {
      const { answer, rest, damaged } = takeOrSkip(takeBlock, received);
      received = rest;
      heardNow.push(...damaged.map((corrupt) => ({ corrupt })));
      if (answer === undefined) return heardNow;
      hear(answer, timeMs);
      const decoded = current(timeMs);
      if (decoded !== undefined) heardNow.push(decoded);
    }
  };

  const unknown: Listener['unknown'] = () => {
    const record = recordOf(identity);
    return new Map([...counted].filter(([label]) => record === undefined || !isKnownLabel(record, label)));
  };

  return { push, current, isWhole: () => whole, unknown };
}
