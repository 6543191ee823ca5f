import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../src/message.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './log-helpers.ts';

/** A message that an agent, or another program, publishes once; all of them are different. */
const published = fc.uniqueArray(
  fc.record({
    agent: fc.constantFrom('barn', 'shed', ''),
    stream: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 0, max: 12 }),
    topic: fc.constantFrom('victron/a/one', 'victron/a/two'),
  }),
  {
    selector: ({ agent, stream, sequence }) => `${agent} ${stream} ${sequence}`,
    minLength: 1,
    maxLength: 25,
  },
);

type Published = typeof published extends fc.Arbitrary<(infer One)[]> ? One : never;

const nameOf = ({ agent, stream, sequence }: Published): string => `${agent} ${stream} ${sequence}`;

function messageOf(one: Published): Message {
  const { agent, stream, sequence, topic } = one;
  const receivedMs = noon + 1_000_000;
  // Without an agent: another program's message, which only its time and bytes tell apart.
  if (agent === '') {
    return message(topic, { name: nameOf(one), _timestamp: noon + 100 * stream + sequence }, { receivedMs });
  }
  const meta = { _agent: agent, _stream: `stream-${stream}`, _seq: sequence };
  return reading(sequence, { topic, values: { name: nameOf(one) }, meta, receivedMs });
}

/** How the messages arrive: each once at least, in any order, in groups, with restarts between. */
const arrival = published.chain((messages) =>
  fc
    .array(fc.nat({ max: messages.length - 1 }), { maxLength: 20 })
    .chain((again) =>
      fc.shuffledSubarray([...messages.keys(), ...again], { minLength: messages.length + again.length }),
    )
    .chain((order) =>
      fc.record({
        messages: fc.constant(messages),
        order: fc.constant(order),
        groups: fc.array(fc.record({ size: fc.integer({ min: 1, max: 8 }), restart: fc.boolean() }), {
          minLength: order.length,
          maxLength: order.length,
        }),
      }),
    ),
);

const namesIn = ({ log }: Scratch): string[] =>
  log
    .read(0, 1_000)
    .map(({ values }) => String(values['name']))
    .sort();

test('any order, repetition, grouping and restart of the same messages gives the same stored set', () => {
  fc.assert(
    fc.property(arrival, ({ messages, order, groups }) => {
      const scratch = scratchLog();
      let at = 0;
      for (const { size, restart } of groups) {
        if (at >= order.length) break;
        const group = order.slice(at, at + size).map((index) => messageOf(messages[index] as Published));
        at += size;
        scratch.log.append(group);
        if (restart) scratch.restart();
      }
      const names = namesIn(scratch);
      const { stored, duplicate, conflict, received, missing } = scratch.log.accounts();
      const sum = sumOfVerdicts(scratch);
      const counted = scratch.log.series().reduce((total, { readings }) => total + readings, 0);
      scratch.remove();
      expect(names).toEqual(messages.map(nameOf).sort());
      expect([stored, duplicate, conflict]).toEqual([messages.length, order.length - messages.length, 0]);
      expect([received, sum, counted]).toEqual([order.length, order.length, messages.length]);
      expect(missing.reduce((total, { count }) => total + count, 0)).toBe(missingIn(messages));
    }),
    { numRuns: 40 },
  );
});

/** Sequences from 0 to the highest of each stream that were never published. */
function missingIn(messages: readonly Published[]): number {
  const streams = new Map<string, number[]>();
  for (const { agent, stream, sequence } of messages) {
    if (agent === '') continue;
    const key = `${agent} ${stream}`;
    streams.set(key, [...(streams.get(key) ?? []), sequence]);
  }
  return [...streams.values()].reduce((sum, seen) => sum + Math.max(...seen) + 1 - seen.length, 0);
}

test('a transaction that the disk refuses leaves no trace: the same group is stored when it is offered again', () => {
  fc.assert(
    fc.property(published, fc.nat(), (all, cut) => {
      const messages = all.map(messageOf);
      const scratch = scratchLog();
      const first = messages.slice(0, cut % (messages.length + 1));
      const second = messages.slice(first.length);
      scratch.log.append(first);
      scratch.store.database.exec('PRAGMA query_only = ON');
      expect(() => scratch.log.append([...second, ...first])).toThrow(/readonly/);
      scratch.store.database.exec('PRAGMA query_only = OFF');
      const verdicts = scratch.log.append(second).map(({ is }) => is);
      const accounts = scratch.log.accounts();
      const names = namesIn(scratch);
      scratch.restart();
      expect(namesIn(scratch)).toEqual(names);
      expect(scratch.log.accounts()).toEqual(accounts);
      scratch.remove();
      expect(verdicts).toEqual(second.map(() => 'stored'));
      expect(names).toHaveLength(messages.length);
      expect(accounts).toMatchObject({ received: messages.length, stored: messages.length });
    }),
    { numRuns: 40 },
  );
});
