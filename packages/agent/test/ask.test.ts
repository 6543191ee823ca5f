// The loop over a device that must be asked, in virtual time, with every fault that a link has.

import { describe, expect, test } from 'vitest';
import { runSession } from '../src/reading/exchange.ts';
import { battery, jbd, onAir, onCable } from './asked-battery.ts';

const basic = 'dda50300fffd77';
const cells = 'dda50400fffc77';
const hardware = 'dda50500fffb77';
const counts = 'dda5aa00ff5677';
/** Of register 03 with one sensor. */
const answerBytes = 32;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('polls', () => {
  test('come at the interval, each one reading of all records, over one connection', async () => {
    const bank = battery();
    await bank.time.passTo(20_000);
    expect(bank.readings).toHaveLength(3);
    expect(bank.readings.map(({ measuredMs, model }) => [measuredMs, model])).toEqual(
      [0, 10_000, 20_000].map((atMs) => [atMs, 'JBD-SP04S034-L4S-200A-B-U']),
    );
    expect(bank.readings[1]?.values).toMatchObject({
      ...{ battery_voltage: 13.34, battery_current: -0.5, battery_power: -6.67, state_of_charge: 96 },
      ...{ cell_voltage_1: 3.336, cell_voltage_min: 3.334, cell_voltage_difference: 0.002 },
      ...{ battery_temperature_1: 26.8, short_circuit_count: 0 },
    });
    expect(bank.written).toEqual([
      basic,
      cells,
      hardware,
      counts,
      basic,
      cells,
      counts,
      basic,
      cells,
      counts,
    ]);
    expect({ connected: bank.connectedMs, troubles: bank.troubles }).toEqual({
      connected: [0],
      troubles: [],
    });
    await bank.stop();
    expect(bank.closed()).toBe(1);
    expect(bank.time.pending()).toBe(0);
  });

  test('release the link in between where that is configured', async () => {
    const bank = battery({ ...onCable, keepsConnected: false });
    await bank.time.passTo(25_000);
    expect(bank.connectedMs).toEqual([0, 10_000, 20_000]);
    expect(bank.closed()).toBe(3);
    await bank.stop();
  });

  test('that take longer than the interval skip what was missed', async () => {
    const bank = battery({ ...onCable, intervalMs: 2000 });
    let asked = 0;
    // Every first try is lost, a second for each of four records; after two more of silence it begins anew.
    bank.breakBy(() => (asked++ % 2 === 0 ? [] : undefined));
    await bank.time.passTo(17_500);
    expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual([1000, 7000, 13_000]);
    await bank.stop();
  });
});

describe('a link with faults', () => {
  test('an answer that is cut at any byte is asked for again, and is right', async () => {
    for (let cut = 0; cut < answerBytes; cut++) {
      const bank = battery();
      let asked = 0;
      bank.breakBy((_, [answer = Uint8Array.of()]) =>
        asked++ === 0 ? [answer.subarray(0, cut)] : undefined,
      );
      await bank.time.passTo(1000);
      expect(
        bank.readings.map(({ values }) => values['battery_voltage']),
        `cut at ${cut}`,
      ).toEqual([13.34]);
      expect(bank.written.slice(0, 3)).toEqual([basic, basic, cells]);
      await bank.stop();
    }
  });

  test('an answer may come in pieces of any size', async () => {
    for (const size of [1, 2, 7, 20]) {
      const bank = battery();
      bank.breakBy((_, answers) => answers.flatMap((answer) => piecesOf(answer, size)));
      await bank.time.passTo(0);
      expect(bank.readings, `pieces of ${size}`).toHaveLength(1);
      await bank.stop();
    }
  });

  test('the answer to the previous question is not taken for that of the next', async () => {
    const bank = battery();
    let late: readonly Uint8Array[] = [];
    // Every answer comes twice, the second time behind the next question.
    bank.breakBy((_, answers) => {
      const both = [...late, ...answers];
      late = answers;
      return both;
    });
    await bank.time.passTo(0);
    expect(bank.readings[0]?.values).toMatchObject({ battery_voltage: 13.34, cell_voltage_1: 3.336 });
    expect(bank.troubles).toEqual([]);
    await bank.stop();
  });

  test('what came before the question is forgotten', async () => {
    const bank = battery();
    await bank.time.passTo(0);
    const old = bank.board.receive(Buffer.from(basic, 'hex'));
    bank.set({ voltage: 12.1 });
    for (const answer of old) bank.say(answer);
    await bank.time.passTo(10_000);
    expect(bank.readings.map(({ values }) => values['battery_voltage'])).toEqual([13.34, 12.1]);
    await bank.stop();
  });

  test.each([true, false])(
    'the late answer to a question that was asked twice is not that of the next poll (names its question: %s)',
    async (namesQuestion) => {
      const definition = { ...jbd, ask: { ...jbd.ask, namesQuestion } };
      const bank = battery({ ...onCable, definition, intervalMs: 3000 });
      const lateMs = [1100, 2050, 100];
      bank.breakBy((request, answers) => {
        const forMs = hexOf(request) === basic ? lateMs.shift() : undefined;
        if (forMs === undefined) return undefined;
        bank.time.startTimer(forMs, () => answers.forEach(bank.say));
        return [];
      });
      await bank.time.passTo(2900);
      bank.set({ voltage: 12.5 });
      // Due at 3 s; the second try was made at 1 s, and is answered at 3.05 s.
      await bank.time.passTo(3300);
      expect(bank.readings.map(({ values }) => values['battery_voltage'])).toEqual([13.34, 12.5]);
      await bank.stop();
    },
  );

  test('silence costs one poll: it is said with its causes, and the next connection reads again', async () => {
    const bank = battery();
    await bank.time.passTo(0);
    bank.breakBy(() => []);
    await bank.time.passTo(13_000);
    expect(bank.written.slice(-3)).toEqual([basic, basic, basic]);
    expect(bank.troubles).toEqual([
      {
        code: 'silent',
        atMs: 13_000,
        message: expect.stringMatching(/JBD smart BMS at \/dev\/ttyBMS: no answer/),
      },
    ]);
    bank.breakBy(() => undefined);
    await bank.time.passTo(14_000);
    expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual([0, 14_000]);
    expect(bank.closed()).toBe(1);
    await bank.stop();
  });

  test('one record that fails costs the poll: half a reading is not published', async () => {
    const bank = battery();
    bank.breakBy((request) => (hexOf(request) === cells ? [] : undefined));
    await bank.time.passTo(3000);
    expect(bank.readings).toEqual([]);
    expect(bank.troubles.map(({ code }) => code)).toEqual(['silent']);
    await bank.stop();
  });

  test('a record that boards are known to lack costs only itself, once', async () => {
    const bank = battery();
    bank.breakBy((request) => (hexOf(request) === counts ? [] : undefined));
    await bank.time.passTo(20_000);
    expect(bank.readings.map(({ measuredMs }) => measuredMs)).toEqual([0, 10_000, 20_000]);
    expect(bank.readings[0]?.values).not.toHaveProperty('short_circuit_count');
    expect(bank.written.filter((request) => request === counts)).toHaveLength(3);
    await bank.stop();
  });

  test('damaged frames only are said as such, with what was wrong', async () => {
    const bank = battery();
    bank.breakBy((_, answers) => answers.map((answer) => answer.with(5, 0xee)));
    await bank.time.passTo(3000);
    expect(bank.troubles.at(-1)).toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('checksum'),
    });
    expect(bank.readings).toEqual([]);
    await bank.stop();
  });

  test('a device that vanishes for a minute is read again within a minute of its return, and never shown meanwhile', async () => {
    const bank = battery();
    await bank.time.passTo(15_000);
    bank.vanish();
    await bank.time.passTo(75_000);
    bank.comeBack();
    bank.set({ voltage: 12.5 });
    await bank.time.passTo(135_000);
    const times = bank.readings.map(({ measuredMs, atMs }) => [measuredMs, atMs]);
    for (const [measuredMs, atMs] of times) expect(measuredMs).toBe(atMs);
    const [, , first] = bank.readings;
    expect(first?.values['battery_voltage']).toBe(12.5);
    expect(first?.measuredMs).toBeLessThanOrEqual(105_000);
    expect(bank.troubles.every(({ code }) => code === 'link')).toBe(true);
    await bank.stop();
  });

  test('attempts at an absent device become rarer, up to every 20 s', async () => {
    const bank = battery({ ...onCable, intervalMs: 1000 });
    await bank.time.passTo(0);
    bank.vanish();
    await bank.time.passTo(200_000);
    const waits = bank.troubles.map(({ atMs }, index) => atMs - (bank.troubles[index - 1]?.atMs ?? atMs));
    expect(waits.slice(2, 7)).toEqual([2000, 4000, 8000, 16_000, 20_000]);
    await bank.stop();
  });
});

describe('a login', () => {
  test('comes before the first poll, and once a connection', async () => {
    const bank = battery(onAir);
    await bank.time.passTo(11_000);
    expect(bank.troubles).toEqual([]);
    expect(bank.readings).toHaveLength(2);
    expect(bank.written.slice(0, 7)).toEqual([
      basic,
      'ffaa15063030303030303b',
      'ffaa170017',
      'ffaa1806cc2a3b6c56c4d5',
      'ffaa170017',
      'ffaa1d0f25baaa9d9005ae9b58775a6967696afc',
      basic,
    ]);
    expect(bank.written.filter((request) => request.startsWith('ffaa15'))).toHaveLength(1);
    expect(bank.board.strange).toEqual([]);
    await bank.stop();
  });

  test('that is hung up in its middle begins anew on the next connection', async () => {
    for (let at = 0; at < 6; at++) {
      const bank = battery(onAir);
      let asked = 0;
      bank.breakBy(() => {
        if (asked++ !== at) return undefined;
        bank.hangUp();
        return [];
      });
      await bank.time.passTo(10_000);
      expect(
        bank.troubles.map(({ code }) => code),
        `hung up at ${at}`,
      ).toEqual(['link']);
      expect(bank.readings.length, `hung up at ${at}`).toBeGreaterThan(0);
      await bank.stop();
    }
  });

  test('with a wrong password is not tried again for ten minutes', async () => {
    const bank = battery({ ...onAir, secret: new TextEncoder().encode('000000') });
    await bank.time.passTo(600_000);
    expect(bank.readings).toEqual([]);
    expect(bank.troubles).toEqual([
      { code: 'key', atMs: 1000, message: expect.stringMatching(/^password: the module refuses it/) },
    ]);
    expect(bank.written.filter((request) => request.startsWith('ffaa18'))).toHaveLength(1);
    expect(bank.closed()).toBe(1);
    await bank.stop();
  });
});

test('what the definition does not list is never written', async () => {
  const written: Uint8Array[] = [];
  const request = Buffer.from('dd5a00025678ff3077', 'hex');
  const session = (function* () {
    yield { request, take: () => undefined };
  })();
  const link = {
    write: async (bytes: Uint8Array) => void written.push(bytes),
    read: async () => Uint8Array.of(),
    close: async () => {},
  };
  const never = new AbortController().signal;
  const sent = runSession(session, {
    ...{ link, forms: [basic], namesQuestion: true, signal: never, startTimer: () => () => {} },
  });
  await expect(sent).rejects.toThrow('dd5a00025678ff3077 is no request that the definition lists');
  expect(written).toEqual([]);
  expect(jbd.ask).toBeDefined();
});

const piecesOf = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
