import { describe, expect, test } from 'vitest';
import { type Conversation, openConversation, poll } from '../src/asking.ts';
import type { Decoded, DeviceDefinition, RecordDefinition } from '../src/device.ts';
import { gauge, info } from '../src/field.ts';
import { type Exchange, ProtocolError } from '../src/session.ts';
import { asciiText, u8, u16be } from '../src/where.ts';

/** A device whose register n is asked for with the byte n. */
const register = (number: number): Exchange => ({
  request: Uint8Array.of(number),
  take: (received) => ({ used: received.length, answer: received }),
});

const voltage: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'voltage',
  asked: register(1),
  fields: { battery_voltage: gauge(u16be(0), { unit: 'V', scale: 0.01 }) },
};
const about: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'name',
  asked: register(2),
  turn: 'once',
  fields: { model: info(asciiText(0)) },
};
const charge: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'state of charge',
  asked: register(3),
  optional: true,
  fields: { state_of_charge: gauge(u8(0), { unit: '%' }), battery_voltage: gauge(u16be(1), { unit: 'V' }) },
};
const packs: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'packs, until one is not there',
  *askedOfParts() {
    const parts = [];
    for (let number = 1; number < 5; number++) {
      const payload = yield register(0x10 + number);
      if (payload[0] === 0xff) break;
      parts.push({ part: `pack_${number}`, payload });
    }
    return parts;
  },
  fields: { pack_voltage: gauge(u8(0), { unit: 'V' }) },
};

const deviceOf = (records: DeviceDefinition['records']): DeviceDefinition => ({
  id: 'test',
  name: 'test',
  vendor: 'jbd',
  media: [],
  records,
  ask: { namesQuestion: true },
});

type Answers = { readonly [register: number]: readonly number[] | ProtocolError['code'] };

function run(
  definition: DeviceDefinition,
  answers: Answers,
  conversation: Conversation = openConversation({ medium: 'serial' }),
  uptimeMs = 0,
): { asked: number[]; readings: readonly Decoded[] } {
  const asked: number[] = [];
  const session = poll(definition, conversation, { wallMs: 0, uptimeMs });
  for (let step = session.next(); ; ) {
    if (step.done) return { asked, readings: step.value };
    const [number = 0] = step.value.request;
    asked.push(number);
    const answer = answers[number] ?? 'silent';
    step =
      typeof answer === 'string'
        ? session.throw(new ProtocolError(answer, answer))
        : session.next(Uint8Array.from(answer));
  }
}

describe('a poll', () => {
  test('is one reading of all its records, and nothing unknown hides what is known', () => {
    const { readings } = run(deviceOf({ voltage, charge }), { 1: [5, 40], 3: [80] });
    expect(readings).toEqual([
      { record: 'voltage charge', kind: 'battery', values: { battery_voltage: 13.2, state_of_charge: 80 } },
    ]);
  });

  test('asks once for what never changes, keeps the model, and does not say an old value again', () => {
    const definition = deviceOf({ about, voltage });
    const conversation = openConversation({ medium: 'serial' });
    const first = run(definition, { 1: [5, 40], 2: [0x41] }, conversation);
    expect(first.readings[0]?.values).toEqual({ model: 'A', battery_voltage: 13.2 });
    const second = run(definition, { 1: [5, 41] }, conversation);
    expect(second.asked).toEqual([1]);
    expect(second.readings).toEqual([
      { record: 'voltage', kind: 'battery', model: 'A', values: { battery_voltage: 13.21 } },
    ]);
  });

  test('lets a question know what was answered, also in the polls before', () => {
    const heard: unknown[] = [];
    const asking: RecordDefinition<Uint8Array> = {
      ...voltage,
      *asked({ known }) {
        heard.push(known);
        return yield register(1);
      },
    };
    const definition = deviceOf({ charge: { ...charge, turn: 'once' }, asking });
    const conversation = openConversation({ medium: 'serial' });
    const answers: Answers = { 1: [5, 40], 3: [80] };
    run(definition, answers, conversation);
    run(definition, answers, conversation);
    expect(heard).toEqual([
      { state_of_charge: 80, battery_voltage: null },
      { state_of_charge: 80, battery_voltage: null },
    ]);
  });

  test('asks again for what changes slowly when its time has come', () => {
    const definition = deviceOf({ voltage, charge: { ...charge, turn: { everyMs: 60_000 } } });
    const conversation = openConversation({ medium: 'serial' });
    const answers: Answers = { 1: [5, 40], 3: [80] };
    const asked = [0, 59_999, 60_000].map((time) => run(definition, answers, conversation, time).asked);
    expect(asked).toEqual([[1, 3], [1], [1, 3]]);
  });

  test('leaves out a record that the device refuses', () => {
    const { readings } = run(deviceOf({ voltage, charge }), { 1: [5, 40], 3: 'refused' });
    expect(readings[0]?.values).toEqual({ battery_voltage: 13.2 });
  });

  test('of a device that refuses everything is refused', () => {
    expect(() => run(deviceOf({ voltage, charge }), { 1: 'refused', 3: 'refused' })).toThrow('refused');
  });

  test('ends with the first record that stays silent, unless devices are known to lack it', () => {
    const definition = deviceOf({ voltage, charge });
    expect(() => run(definition, { 3: [80] })).toThrow('silent');
    const conversation = openConversation({ medium: 'serial' });
    expect(run(definition, { 1: [5, 40] }, conversation).readings).toHaveLength(1);
    // A device that does not know it does not cost the wait at each poll.
    expect(run(definition, { 1: [5, 40] }, conversation).asked).toEqual([1]);
  });

  test('of a device that is silent altogether is silent, although all it has is optional', () => {
    expect(() => run(deviceOf({ charge }), {})).toThrow(expect.objectContaining({ code: 'silent' }));
  });

  test('asks no more for what the device refused twice, unless it has answered it before', () => {
    const definition = deviceOf({ voltage, charge });
    const conversation = openConversation({ medium: 'serial' });
    const without: Answers = { 1: [5, 40], 3: 'refused' };
    const asked = [0, 1, 2].map((time) => run(definition, without, conversation, time).asked);
    expect(asked).toEqual([[1, 3], [1, 3], [1]]);
  });

  test('fails when what it had before is refused or silent, for its sums would lack it', () => {
    const definition = deviceOf({ voltage, charge });
    for (const code of ['refused', 'silent'] as const) {
      const conversation = openConversation({ medium: 'serial' });
      run(definition, { 1: [5, 40], 3: [80] }, conversation);
      expect(() => run(definition, { 1: [5, 40], 3: code }, conversation)).toThrow(code);
    }
  });

  test('waits for three records that stay silent, and leaves the others for the next poll', () => {
    const optional = (number: number) => ({ ...charge, asked: register(number) });
    const all = Object.fromEntries([3, 4, 5, 6, 7].map((number) => [`r${number}`, optional(number)]));
    const definition = deviceOf({ voltage, ...all });
    const conversation = openConversation({ medium: 'serial' });
    const asked = [0, 1, 2].map((time) => run(definition, { 1: [5, 40], 7: [80] }, conversation, time).asked);
    expect(asked).toEqual([
      [1, 3, 4, 5],
      [1, 6, 7],
      [1, 7],
    ]);
  });

  test('gives a reading of its own for each unit behind the link', () => {
    const { readings } = run(deviceOf({ voltage, packs }), { 1: [5, 40], 17: [51], 18: [52], 19: [255] });
    expect(readings.map(({ part, values }) => [part, values])).toEqual([
      [undefined, { battery_voltage: 13.2 }],
      ['pack_1', { pack_voltage: 51 }],
      ['pack_2', { pack_voltage: 52 }],
    ]);
  });

  test('computes over all its records', () => {
    const definition: DeviceDefinition = {
      ...deviceOf({ voltage, charge }),
      ask: {
        namesQuestion: true,
        computed: [
          {
            field: 'battery_capacity_remaining',
            kind: 'gauge',
            unit: 'Ah',
            from: ({ battery_voltage: one, state_of_charge: other }) => Number(one) + Number(other),
          },
        ],
      },
    };
    const { readings } = run(definition, { 1: [5, 40], 3: [80] });
    expect(readings[0]?.values['battery_capacity_remaining']).toBe(93.2);
  });
});
