// An InfiniSolar V in bytes: the same inverter as an Axpert, speaking PI18. It answers inquiries only, refuses all else, and
// keeps what else it was sent.
// Voltronic, InfiniSolar V protocol, 2017-09-26.

import {
  type Axpert,
  type AxpertUnit,
  answeringLines,
  axpertRating,
  commandOf,
  lineOf,
  whole,
} from './axpert.ts';

const refusal = '^0';
/** What the digits of a line count besides its data: checksum and end. */
const closingBytes = 3;

/** @param system all units of a parallel system, this one among them, in the order of their numbers; absent: a single one */
export function createInfiniSolar(unit: AxpertUnit, system: readonly AxpertUnit[] = [unit]): Axpert {
  const strange: string[] = [];
  const answer = (line: Buffer): Uint8Array => {
    const command = commandOf(line);
    const inquiry = command === undefined ? undefined : inquiryOf(command);
    if (inquiry === undefined) strange.push(line.toString('latin1'));
    const data = inquiry === undefined ? undefined : answerTo(inquiry, unit, system);
    return lineOf(data === undefined ? refusal : `^D${whole(data.length + closingBytes, 3)}${data}`);
  };
  return { strange, receive: answeringLines(answer) };
}

/** `undefined`: no inquiry. The digits are not compared with the length: the maker's own text has FWS with a wrong one. */
const inquiryOf = (command: string): string | undefined => /^\^P\d{3}(.+)$/.exec(command)?.[1];

function answerTo(inquiry: string, unit: AxpertUnit, system: readonly AxpertUnit[]): string | undefined {
  const { clock, pvEnergyToday, pvEnergyTotal, mode } = unit.state();
  const number = /^PGS(\d)$/.exec(inquiry)?.[1];
  if (number !== undefined) return parallelOf(Number(number), system);
  switch (inquiry) {
    case 'PI':
      return '18';
    case 'ID':
      return `14${unit.serial}000000`;
    case 'VFW':
      return '07601,08028,00000';
    case 'MOD':
      return mode === 'B' ? '03' : '05';
    case 'GS':
      return statusOf(unit, system);
    case 'FWS':
      return ['00', unit.state().acInputVoltage > 0 ? '0' : '1', ...new Array<string>(15).fill('0')].join(
        ',',
      );
    case 'T':
      return clock;
    case 'ET':
      return whole(pvEnergyTotal, 8);
    case `ED${clock.slice(0, 8)}`:
      return whole(pvEnergyToday, 8);
    default:
      return undefined;
  }
}

const tenths = (value: number, digits: number): string => whole(value * 10, digits);

/** Grid and output, as GS and PGS both have them. */
function sidesOf({ acInputVoltage, acOutputVoltage, frequency }: ReturnType<AxpertUnit['state']>): string[] {
  const onGrid = acInputVoltage > 0;
  return [
    ...[tenths(acInputVoltage, 4), tenths(onGrid ? frequency : 0, 3)],
    ...[tenths(acOutputVoltage, 4), tenths(frequency, 3)],
  ];
}

const loadOf = (watts: number): string => whole((100 * watts) / axpertRating.apparentPower, 3);

/** Trackers, load, battery, converter and line, in codes. */
function directionsOf({ pvPower, acOutputPower, batteryCurrent }: ReturnType<AxpertUnit['state']>): string[] {
  const tracker = pvPower > 0 ? '2' : '1';
  const battery = batteryCurrent > 0 ? '1' : batteryCurrent < 0 ? '2' : '0';
  return [tracker, '1', acOutputPower > 0 ? '1' : '0', battery, '2', '0'];
}

function statusOf(unit: AxpertUnit, system: readonly AxpertUnit[]): string {
  const state = unit.state();
  const { acOutputPower, batteryVoltage, batteryCurrent, charge, heatsink, pvPower, pvVoltage } = state;
  return [
    ...sidesOf(state),
    ...[whole(acOutputPower, 4), whole(acOutputPower, 4), loadOf(acOutputPower)],
    ...[tenths(batteryVoltage, 3), '000', '000'],
    ...[whole(Math.max(0, -batteryCurrent), 3), whole(Math.max(0, batteryCurrent), 3)],
    ...[whole(charge, 3), whole(heatsink, 3), '000', '000'],
    ...[whole(pvPower, 4), '0000', tenths(pvVoltage, 4), '0000', '0'],
    ...directionsOf(state),
    String(system.indexOf(unit)),
  ].join(',');
}

function parallelOf(number: number, system: readonly AxpertUnit[]): string | undefined {
  const state = system[number]?.state();
  if (state === undefined) return undefined;
  const states = system.map((unit) => unit.state());
  const total = states.reduce((sum, { acOutputPower }) => sum + acOutputPower, 0);
  const charged = states.reduce((sum, { batteryCurrent }) => sum + Math.max(0, batteryCurrent), 0);
  const { acOutputPower, batteryVoltage, batteryCurrent, charge, heatsink, pvPower, pvVoltage, mode } = state;
  return [
    ...['1', mode === 'B' ? '3' : '5', '00', ...sidesOf(state)],
    ...[whole(acOutputPower, 4), whole(acOutputPower, 4), whole(total, 5), whole(total, 5)],
    ...[loadOf(acOutputPower), loadOf(total / system.length), tenths(batteryVoltage, 3)],
    ...[whole(Math.max(0, -batteryCurrent), 3), whole(Math.max(0, batteryCurrent), 3), whole(charged, 3)],
    ...[whole(charge, 3), whole(pvPower, 4), '0000', tenths(pvVoltage, 4), '0000'],
    ...[...directionsOf(state), whole(heatsink, 3)],
  ].join(',');
}
