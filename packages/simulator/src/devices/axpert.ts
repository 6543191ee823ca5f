// An Axpert in bytes: a unit that speaks PI30 over any pipe of bytes, alone or as one of a parallel system. It answers
// inquiries only, refuses all else with NAK, and keeps what else it was sent, so that a test can see that nothing came.

import { crcXmodem } from '@wattline/protocols';

export interface AxpertState {
  /** The letter of QMOD: B battery, L line. */
  readonly mode: 'B' | 'L';
  readonly acInputVoltage: number;
  readonly acOutputVoltage: number;
  readonly frequency: number;
  readonly acOutputPower: number;
  readonly batteryVoltage: number;
  /** + charges. */
  readonly batteryCurrent: number;
  /** %. */
  readonly charge: number;
  /** °C. */
  readonly heatsink: number;
  readonly pvVoltage: number;
  readonly pvPower: number;
  /** Wh of the day of the clock. */
  readonly pvEnergyToday: number;
  /** Wh. */
  readonly pvEnergyTotal: number;
  /** The clock of the inverter, without a zone: 20210726122606. */
  readonly clock: string;
}

export interface AxpertUnit {
  /** 14 digits. */
  readonly serial: string;
  readonly state: () => AxpertState;
}

export interface Axpert {
  /** Takes bytes of the host however they are cut; returns what is sent back, one line each. */
  receive(bytes: Uint8Array): Uint8Array[];
  /** Lines that are no inquiry of a known form. */
  readonly strange: readonly string[];
}

export const axpertRating = { apparentPower: 5000, power: 5000, batteryVoltage: 48, current: 21.7 } as const;

/** @param system all units of a parallel system, this one among them, in the order of their numbers; absent: a single one */
export function createAxpert(unit: AxpertUnit, system?: readonly AxpertUnit[]): Axpert {
  const strange: string[] = [];
  const answer = (sent: Buffer): Uint8Array => {
    // Reports of USB are filled up with zeros.
    const line = Buffer.from(sent.toString('latin1').replace(/^\0+/, ''), 'latin1');
    const command = commandOf(line);
    if (command === undefined || !/^(Q|VERFW:)/.test(command)) strange.push(line.toString('latin1'));
    return lineOf(`(${(command && answerTo(command, unit, system)) ?? 'NAK'}`);
  };
  return { strange, receive: answeringLines(answer) };
}

/** Cuts what a host sends into its lines, which come without their end, and answers each. */
export function answeringLines(answer: (line: Buffer) => Uint8Array): Axpert['receive'] {
  let received = Buffer.alloc(0);
  return (bytes) => {
    received = Buffer.concat([received, bytes]);
    const answers: Uint8Array[] = [];
    for (let end = received.indexOf(0x0d); end >= 0; end = received.indexOf(0x0d)) {
      answers.push(answer(received.subarray(0, end)));
      received = received.subarray(end + 1);
    }
    return answers;
  };
}

/** A request without its checksum; `undefined`: that is wrong. */
export function commandOf(line: Buffer): string | undefined {
  const command = line.subarray(0, Math.max(line.length - 2, 0));
  const fits = (zero: number) => line.subarray(-2).equals(checksumOf(command, zero));
  return fits(0) || fits(1) ? command.toString('latin1') : undefined;
}

/** @param zero what stands for a zero: units send it as it is, some hosts raise it */
function checksumOf(line: Uint8Array, zero: number): Buffer {
  const crc = crcXmodem(line);
  const raise = (byte: number) => {
    if (byte === 0x28 || byte === 0x0d || byte === 0x0a) return byte + 1;
    return byte === 0 ? zero : byte;
  };
  return Buffer.of(raise(crc >> 8), raise(crc & 0xff));
}

/** Text with its checksum and end. */
export function lineOf(text: string): Uint8Array {
  const line = Buffer.from(text, 'latin1');
  return Buffer.concat([line, checksumOf(line, 0), Buffer.of(0x0d)]);
}

function answerTo(command: string, unit: AxpertUnit, system?: readonly AxpertUnit[]): string | undefined {
  const state = unit.state();
  const parallel = /^QPGS(\d)$/.exec(command)?.[1];
  if (parallel !== undefined) return parallelOf(Number(parallel), system);
  switch (command) {
    case 'QPI':
      return 'PI30';
    case 'QID':
      return unit.serial;
    case 'QSID':
      return `14${unit.serial}000000`;
    case 'QVFW':
      return 'VERFW:00072.70';
    case 'QMN':
      return 'VMIII-5000';
    case 'QMOD':
      return state.mode;
    case 'QPIGS':
      return statusOf(state);
    case 'QPIRI':
      return ratingsOf(system === undefined ? 0 : 1, system?.length ?? 1);
    case 'QPIWS':
      return `00000${state.acInputVoltage > 0 ? 0 : 1}${'0'.repeat(26)}`;
    case 'QFLAG':
      return 'EakxyDbjuvz';
    case 'QT':
      return state.clock;
    case 'QET':
      return whole(state.pvEnergyTotal, 8);
    case `QED${state.clock.slice(0, 8)}`:
      return whole(state.pvEnergyToday, 8);
    default:
      return undefined;
  }
}

export const whole = (value: number, digits: number): string =>
  String(Math.round(value)).padStart(digits, '0');
const decimal = (value: number, digits: number, decimals: number): string =>
  value.toFixed(decimals).padStart(digits + 1 + decimals, '0');

/** The load as seen by the meter, which shows volt-amperes too. */
const powerFactor = 0.92;
const apparentOf = ({ acOutputPower }: AxpertState): number => acOutputPower / powerFactor;
const loadOf = (state: AxpertState): number => (100 * apparentOf(state)) / axpertRating.apparentPower;

function statusOf(state: AxpertState): string {
  const { batteryCurrent, pvPower, pvVoltage } = state;
  const isCharging = batteryCurrent > 0;
  const pvCharges = isCharging && pvPower > 0;
  return [
    decimal(state.acInputVoltage, 3, 1),
    decimal(state.acInputVoltage > 0 ? state.frequency : 0, 2, 1),
    decimal(state.acOutputVoltage, 3, 1),
    decimal(state.frequency, 2, 1),
    whole(apparentOf(state), 4),
    whole(state.acOutputPower, 4),
    whole(loadOf(state), 3),
    '400',
    decimal(state.batteryVoltage, 2, 2),
    whole(Math.max(0, batteryCurrent), 3),
    whole(state.charge, 3),
    whole(state.heatsink, 4),
    decimal(pvVoltage > 0 ? pvPower / pvVoltage : 0, 2, 1),
    decimal(pvVoltage, 3, 1),
    '00.00',
    whole(Math.max(0, -batteryCurrent), 5),
    `00010${Number(isCharging)}${Number(pvCharges)}${Number(isCharging && !pvCharges)}`,
    '00',
    '00',
    whole(pvPower, 5),
    '010',
  ].join(' ');
}

function ratingsOf(outputMode: number, units: number): string {
  const { apparentPower, power, batteryVoltage, current } = axpertRating;
  const volts = (value: number) => decimal(value, 2, 1);
  return [
    ...['230.0', volts(current), '230.0', '50.0', volts(current), whole(apparentPower, 4), whole(power, 4)],
    ...[volts(batteryVoltage), '46.0', '42.0', '56.4', '54.0', '2', '30', '060', '1', '2', '1'],
    ...[String(units), '01', '0', String(outputMode), '54.0', '0', '1'],
  ].join(' ');
}

/** A unit that is not there. */
const absent: AxpertState = {
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: 0, frequency: 0, acOutputPower: 0, batteryVoltage: 0 },
  ...{
    batteryCurrent: 0,
    charge: 0,
    heatsink: 0,
    pvVoltage: 0,
    pvPower: 0,
    pvEnergyToday: 0,
    pvEnergyTotal: 0,
  },
  clock: '',
};

/** `undefined`: a single unit does not know the question. Of a unit that is not there the serial number is zeros. */
function parallelOf(number: number, system: readonly AxpertUnit[] | undefined): string | undefined {
  if (system === undefined) return undefined;
  const unit = system[number];
  const own = unit?.state() ?? absent;
  const states = system.map(({ state }) => state());
  const sum = (of: (state: AxpertState) => number) => states.reduce((total, state) => total + of(state), 0);
  const chargeOf = (state: AxpertState) => Math.max(0, state.batteryCurrent);
  const onGrid = own.acInputVoltage > 0;
  return [
    ...[unit === undefined ? '0' : '1', unit?.serial ?? '0'.repeat(14), own.mode, '00'],
    decimal(own.acInputVoltage, 3, 1),
    decimal(onGrid ? own.frequency : 0, 2, 2),
    decimal(own.acOutputVoltage, 3, 1),
    decimal(own.frequency, 2, 2),
    whole(apparentOf(own), 4),
    whole(own.acOutputPower, 4),
    whole(loadOf(own), 3),
    decimal(own.batteryVoltage, 2, 1),
    whole(chargeOf(own), 3),
    whole(own.charge, 3),
    decimal(own.pvVoltage, 3, 1),
    whole(sum(chargeOf), 3),
    whole(sum(apparentOf), 5),
    whole(
      sum((state) => state.acOutputPower),
      5,
    ),
    whole(sum(loadOf) / states.length, 3),
    `10${Number(own.pvPower > 0)}00${Number(!onGrid)}10`,
    ...['1', '1', '060', '120', '30'],
    whole(own.pvVoltage > 0 ? own.pvPower / own.pvVoltage : 0, 2),
    whole(Math.max(0, -own.batteryCurrent), 3),
  ].join(' ');
}

/** Bytes as the reports of a HID device carry them, the last filled up with zeros. */
export function toReports(bytes: Uint8Array, reportBytes = 8): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / reportBytes) }, (_, index) => {
    const report = new Uint8Array(reportBytes);
    report.set(bytes.subarray(index * reportBytes, (index + 1) * reportBytes));
    return report;
  });
}
