// Voltronic inverters in conversation: what is asked when, which unit is which, and what no answer may be taken for.

import { describe, expect, test } from 'vitest';
import { type Conversation, openConversation, poll } from '../src/asking.ts';
import { decodeRequest } from '../src/decode.ts';
import type { Decoded, DeviceDefinition } from '../src/device.ts';
import { voltronicBle } from '../src/devices/voltronic-ble.ts';
import { voltronicPi18 } from '../src/devices/voltronic-pi18/index.ts';
import { voltronicPi30 } from '../src/devices/voltronic-pi30/index.ts';
import { closed } from '../src/framing/voltronic.ts';
import { ProtocolError, takeOrSkip } from '../src/session.ts';
import { bytesOf, hexOf, type Vector, vectorsOf } from './vectors.ts';

const asciiOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const line = (text: string): Uint8Array => closed(asciiOf(text));
const no = line('(NAK');

/** Of a request as it is sent: `QPIGS`, `^P005GS`. */
const commandOf = (request: Uint8Array): string =>
  Buffer.from(request.subarray(0, request.length - 3)).toString('latin1');

/** One poll of an inverter that answers these commands and refuses the others. */
function run(
  definition: DeviceDefinition,
  answers: { readonly [command: string]: string },
  conversation: Conversation = openConversation({ medium: 'serial' }),
  uptimeMs = 0,
): { readonly asked: readonly string[]; readonly readings: readonly Decoded[] } {
  const asked: string[] = [];
  const session = poll(definition, conversation, { wallMs: 0, uptimeMs });
  for (let step = session.next(); ; ) {
    if (step.done) return { asked, readings: step.value };
    const command = commandOf(step.value.request);
    asked.push(command);
    const text = answers[command];
    try {
      const { answer } = takeOrSkip(step.value.take, text === undefined ? no : line(text));
      step =
        answer === undefined ? session.throw(new ProtocolError('silent', command)) : session.next(answer);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      step = session.throw(error);
    }
  }
}

const statusText =
  '(227.2 50.0 230.3 50.0 0829 0751 010 447 54.50 020 083 0054 02.7 323.6 00.00 00000 00010110 00 00 00879 010';
const unit = (exists: number, serial: string, watts: string) =>
  `(${exists} ${serial} B 00 000.0 00.00 230.6 50.00 0275 ${watts} 005 51.4 001 100 083.3 002 00574 00312 003 10100110 1 2 060 120 10 04 000`;
const serials = ['92931701100510', '92931701100511', '92931701100512'] as const;
const basics = { QMOD: '(B', QPIGS: statusText, QSID: `(14${serials[1]}000000` };

describe('PI30', () => {
  test('asks each time for what changes, slowly for the rest, and no more for what is refused twice', () => {
    const conversation = openConversation({ medium: 'serial' });
    const answers = { ...basics, QPI: '(PI30', QPIGS2: '(03.1 327.3 01026 ', QFLAG: '(EakxyDbjuvz' };
    const polls = [0, 20_000, 40_000, 300_000].map(
      (time) => run(voltronicPi30, answers, conversation, time).asked,
    );
    expect(polls[0]).toContain('QPIRI');
    // What is refused for the second time is asked for the last time.
    expect(polls[1]).toEqual(['QMOD', 'QPIGS2', 'QPGS0', 'QPIGS']);
    expect(polls[2]).toEqual(['QMOD', 'QPIGS2', 'QLITH0', 'QPIGS', 'QPIWS', 'QBMS', 'Q1']);
    expect(polls[3]).toEqual(['QMOD', 'QPIGS2', 'QPIGS', 'QPIRI', 'QFLAG']);
  });

  test('sums the trackers of both answers', () => {
    const { readings } = run(voltronicPi30, { ...basics, QPIGS2: '(03.1 327.3 01026 ' });
    expect(readings).toHaveLength(1);
    expect(readings[0]?.values).toMatchObject({ pv_power_1: 879, pv_power_2: 1026, pv_power: 1905 });
  });

  test('asks for the day that the clock of the inverter has', () => {
    const answers = { ...basics, QT: '(20210726122606', QED20210726: '(00005800', QEM202107: '(00238800' };
    const { asked, readings } = run(voltronicPi30, answers);
    expect(asked.filter((command) => /^QE[YMD]/.test(command))).toEqual([
      'QEY2021',
      'QEM202107',
      'QED20210726',
    ]);
    expect(readings[0]?.values).toMatchObject({ pv_energy_today: 5800, pv_energy_month: 238_800 });
  });

  test('makes no request of a clock that is none', () => {
    const { asked } = run(voltronicPi30, { ...basics, QT: '(POP02000000000' });
    expect(asked.filter((command) => /^Q[EL][YMD]|POP/.test(command))).toEqual([]);
  });

  test('gives each other unit of a parallel system a reading of its own, the sums once', () => {
    const answers = Object.fromEntries(serials.map((serial, n) => [`QPGS${n}`, unit(1, serial, `014${n}`)]));
    const { asked, readings } = run(voltronicPi30, {
      ...basics,
      ...answers,
      QPGS3: unit(0, '0'.repeat(14), '0000'),
    });
    expect(asked.filter((command) => command.startsWith('QPGS'))).toEqual([
      'QPGS0',
      'QPGS1',
      'QPGS2',
      'QPGS3',
    ]);
    expect(
      readings.map(({ part, values }) => [part, values['serial_number'], values['ac_output_power']]),
    ).toEqual([
      [undefined, serials[1], 751],
      ['unit_0', serials[0], 140],
      ['unit_2', serials[2], 142],
    ]);
    expect(readings.map(({ values }) => values['system_ac_output_power'])).toEqual([
      312,
      undefined,
      undefined,
    ]);
    // The status of the unit at the link is the finer one.
    expect(readings[0]?.values).toMatchObject({
      battery_voltage: 54.5,
      pv_current_1: 2.7,
      device_error: 'none',
    });
  });

  test('tells no other unit where all have the same placeholder for a serial number', () => {
    const answers = Object.fromEntries([0, 1].map((n) => [`QPGS${n}`, unit(1, '55355535553555', '0140')]));
    const { readings } = run(voltronicPi30, { ...basics, ...answers, QSID: '(1455355535553555000000' });
    expect(readings.map(({ part }) => part)).toEqual([undefined]);
    expect(readings[0]?.values['system_ac_output_power']).toBeUndefined();
  });

  test('takes a single unit that calls itself absent for what it is', () => {
    const { readings } = run(voltronicPi30, { ...basics, QPGS0: unit(0, '0'.repeat(14), '0141') });
    expect(readings.map(({ part }) => part)).toEqual([undefined]);
    expect(readings[0]?.values).toMatchObject({ parallel_unit_present: false, device_error: 'none' });
  });

  test('withholds the columns in which a REVO has something else', () => {
    const lithium = '(048.8 000.0 000.9 250 024 000 052.5 010.0 053.5 004.4 0 2';
    for (const revo of [{ QMN: '(REVO-II' }, { QLITH0: lithium }]) {
      const { values = {} } = run(voltronicPi30, { ...basics, ...revo }).readings[0] ?? {};
      expect(values).toMatchObject({ pv_voltage_1: 323.6, battery_charge_current: 20 });
      expect(values).not.toHaveProperty('pv_current_1');
      expect(values).not.toHaveProperty('battery_discharge_current');
      expect(values).not.toHaveProperty('battery_current');
    }
  });
});

describe('PI18', () => {
  const words =
    '2312,500,2300,500,0100,0080,002,518,000,000,000,004,036,027,000,000,0302,0000,2438,0000,0,2,0,1,1,2,2';
  const d = (text: string) => `^D${String(text.length + 3).padStart(3, '0')}${text}`;
  const pgs = (exists: number, watts: string) =>
    `${exists},5,00,2387,499,2387,499,0716,${watts},01232,00505,012,004,518,000,015,031,036,1137,0000,2088,0000,2,0,1,1,2,1,037`;

  test('knows the unit at the link by its number', () => {
    const { readings } = run(voltronicPi18, {
      ...{ '^P006MOD': d('03'), '^P005GS': d(`${words},1`) },
      ...{ '^P007PGS0': d(pgs(1, '0165')), '^P007PGS1': d(pgs(1, '0340')), '^P007PGS2': d(pgs(0, '0000')) },
    });
    expect(readings.map(({ part, values }) => [part, values['ac_output_power'], values['pv_power']])).toEqual(
      [
        [undefined, 340, 1137],
        ['unit_0', 165, 1137],
      ],
    );
    expect(readings[1]?.values['system_ac_output_power']).toBeUndefined();
  });

  test.each(['', ',-', ',7'])('tells no other unit where GS says of its own number "%s"', (number) => {
    const { readings } = run(voltronicPi18, {
      ...{ '^P006MOD': d('03'), '^P005GS': d(`${words}${number}`) },
      ...{ '^P007PGS0': d(pgs(1, '0165')), '^P007PGS1': d(pgs(1, '0340')) },
    });
    expect(readings.map(({ part }) => part)).toEqual([undefined]);
    expect(readings[0]?.values['system_ac_output_power']).toBeUndefined();
  });

  test('asks for the year that the clock of the inverter has, also of a unit that answers in the words of PI30', () => {
    const { asked } = run(voltronicPi18, { '^P006MOD': d('03'), '^P004T': d('20220726122606') });
    expect(asked).toContain('^P009EY2022');
    expect(asked).toContain('^P013ED20220726');
  });
});

describe('over Bluetooth', () => {
  test('one poll sums what stands in several characteristics', () => {
    const values = new Map(
      vectorsOf('voltronic-ble').map(({ request, bytes = '' }) => [request, bytesOf(bytes)]),
    );
    const session = poll(voltronicBle, openConversation({ medium: 'gatt-values' }), {
      wallMs: 0,
      uptimeMs: 0,
    });
    let step = session.next();
    while (!step.done) step = session.next(values.get(hexOf(step.value.request)) as Uint8Array);
    const [reading] = step.value;
    expect(reading?.values).toMatchObject({
      ...{ battery_charge_current: 18, battery_discharge_current: 7, battery_current: 11 },
      ...{ battery_voltage: 52.78, battery_power: 580.58 },
    });
  });
});

describe('an answer to another question', () => {
  const withValues = [voltronicPi30, voltronicPi18].flatMap(({ id, records }) =>
    vectorsOf(id)
      .filter(
        ({ error, request, record = '' }) => error === undefined && request !== undefined && records[record],
      )
      .filter(({ values = {} }) => Object.keys(values).length > 0)
      .map((vector) => ({ id, vector, name: vector.name })),
  );
  /** Answers to these look the same: eight digits of energy, and the versions of other processors. */
  const alike = (record = ''): string => {
    if (/^Q?[EL][TYMD]$/.test(record)) return 'energy';
    if (/^(QVFW3?|VERFW:)$/.test(record)) return 'version';
    return record.startsWith('QPIGS2') ? 'QPIGS2' : record;
  };
  const decode = (id: string, { bytes, chunks }: Vector, { request }: Vector) =>
    decodeRequest({ definition: id, request, bytes: bytes ?? chunks });

  test.each(withValues)('$id: $name is none', ({ id, vector }) => {
    for (const other of withValues) {
      if (other.id !== id || alike(other.vector.record) === alike(vector.record)) continue;
      expect(decode(id, vector, other.vector), `to ${other.name}`).toMatchObject({
        error: { code: 'ignored' },
      });
    }
  });
});
