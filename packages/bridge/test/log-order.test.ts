import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../src/message.ts';
import { message, noon, reading, type Scratch, scratchLog, sumOfVerdicts } from './scratch-log.ts';

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

/** The last writes of a commit, and those on the way there. */
const table = fc.constantFrom(
  'log_group',
  'log_run',
  'log_stream',
  'log_boot',
  'log_series',
  'log_count',
  'log_topic',
);

test('a transaction that is refused at any write leaves no trace: the group is stored when it is offered again', () => {
  fc.assert(
    fc.property(published, fc.nat(), table, (all, cut, refused) => {
      const readings = all.map(messageOf);
      const state = message('wattline/agent/barn/state', { state: 'online' });
      const bad = message('victron/a/b', 'no json');
      const first = readings.slice(0, cut % readings.length);
      const second = [...readings.slice(first.length), reading(0, { meta: { _agent: 'silo' } }), state, bad];
      const scratch = scratchLog();
      scratch.log.append(first);
      const before = {
        ...scratch.log.accounts(),
        series: scratch.log.series(),
        asides: scratch.log.asides(9),
      };
      refuse(scratch, refused);
      expect(() => scratch.log.append([...second, ...first])).toThrow(/refused/);
      allow(scratch);
      const after = {
        ...scratch.log.accounts(),
        series: scratch.log.series(),
        asides: scratch.log.asides(9),
      };
      const agents = scratch.log.agents();
      const verdicts = scratch.log.append(second).map(({ is }) => is);
      const accounts = scratch.log.accounts();
      const names = namesIn(scratch);
      scratch.restart();
      const restarted = { names: namesIn(scratch), accounts: scratch.log.accounts() };
      scratch.remove();
      expect(after).toEqual(before);
      expect(agents).toEqual([]);
      expect(verdicts).toEqual([...second.slice(2).map(() => 'stored'), 'state', 'aside']);
      expect(names).toEqual([...all.map(nameOf), 'undefined'].sort());
      expect(restarted).toEqual({ names, accounts });
    }),
    { numRuns: 40 },
  );
});

function refuse({ store }: Scratch, name: string): void {
  for (const event of ['INSERT', 'UPDATE']) {
    store.database.exec(
      `CREATE TEMP TRIGGER refuse_${event} BEFORE ${event} ON main.${name} BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    );
  }
}

function allow({ store }: Scratch): void {
  for (const event of ['INSERT', 'UPDATE']) store.database.exec(`DROP TRIGGER refuse_${event}`);
}
