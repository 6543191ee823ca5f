// A stack of batteries on CAN in bytes, after the makers' papers: as Pylontech speaks and in Victron's style; and the
// USB-CAN-A before it, which passes frames on once it was set, and keeps what else it was sent.

import type { CanFrame } from '@wattline/protocols';

export interface CanBatteryState {
  /** V. */
  readonly voltage: number;
  /** A, + charges. */
  readonly current: number;
  /** °C. */
  readonly temperature: number;
  /** %. */
  readonly stateOfCharge: number;
  readonly stateOfHealth: number;
  readonly chargeVoltageLimit: number;
  readonly dischargeVoltageLimit: number;
  readonly chargeCurrentLimit: number;
  readonly dischargeCurrentLimit: number;
  readonly modules: number;
  /** V. */
  readonly cellVoltageMin: number;
  readonly cellVoltageMax: number;
  /** kWh. */
  readonly charged: number;
  readonly discharged: number;
  readonly isFull: boolean;
}

/** Low byte first; negative numbers as two's complement. */
function words(...values: readonly number[]): Uint8Array {
  const data = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) data.writeUInt16LE(Math.round(value) & 0xffff, 2 * index);
  return data;
}

const letters = (text: string): Uint8Array => Buffer.from(text.padEnd(8, ' ').slice(0, 8), 'latin1');

const frame = (id: number, data: Uint8Array): CanFrame => ({ id, data });

function commonFrames(state: CanBatteryState): CanFrame[] {
  const { chargeVoltageLimit, chargeCurrentLimit, dischargeCurrentLimit, dischargeVoltageLimit } = state;
  const limits = [chargeVoltageLimit, chargeCurrentLimit, dischargeCurrentLimit, dischargeVoltageLimit];
  return [
    frame(0x351, words(...limits.map((limit) => limit * 10))),
    frame(0x356, words(state.voltage * 100, state.current * 10, state.temperature * 10)),
  ];
}

/** One round as a Pylontech stack sends it each second. */
export function pylontechFrames(state: CanBatteryState): readonly CanFrame[] {
  const allowed = (state.isFull ? 0 : 0x80) | (state.stateOfCharge > 5 ? 0x40 : 0);
  return [
    ...commonFrames(state),
    frame(0x355, words(state.stateOfCharge, state.stateOfHealth)),
    frame(0x359, Uint8Array.of(0, 0, 0, 0, state.modules, 0x50, 0x4e)),
    frame(0x35c, Uint8Array.of(allowed, 0)),
    frame(0x35e, letters('PYLON')),
  ];
}

/** One round in Victron's style, with what Victron's own devices read besides. */
export function victronFrames(state: CanBatteryState): readonly CanFrame[] {
  const energy = Buffer.alloc(8);
  energy.writeUInt32LE(Math.round(state.charged * 10), 0);
  energy.writeUInt32LE(Math.round(state.discharged * 10), 4);
  const kelvin = state.temperature + 273;
  return [
    ...commonFrames(state),
    frame(0x355, words(state.stateOfCharge, state.stateOfHealth, state.stateOfCharge * 100)),
    frame(0x35a, new Uint8Array(8).fill(0xaa)),
    frame(0x35e, letters('WATTLINE')),
    frame(0x372, words(state.modules, 0, 0, 0)),
    frame(0x373, words(state.cellVoltageMin * 1000, state.cellVoltageMax * 1000, kelvin, kelvin)),
    frame(0x378, energy),
  ];
}

/** Of one module of a Dyness stack. */
export interface DynessModuleState {
  readonly cellVoltages: readonly number[];
  /** A, + charges. */
  readonly current: number;
  /** °C. */
  readonly temperature: number;
  readonly dischargeCurrentLimit: number;
  readonly cycles: number;
  /** %. */
  readonly stateOfHealth: number;
  readonly stateOfCharge: number;
}

/** High byte first. */
const bigWords = (...values: readonly number[]): Uint8Array => Buffer.from(words(...values)).swap16();

const firstDynessModule = 0x0a;

/** The highest or lowest of the cells, and which it is. */
function extremeOf(millivolts: readonly number[], pick: (...all: number[]) => number): number[] {
  const extreme = pick(...millivolts);
  return [...bigWords(extreme), millivolts.indexOf(extreme) + 1];
}

/** One round of a stack of Dyness modules, each by itself; the identifiers above the module are made up. */
export function dynessFrames(modules: readonly DynessModuleState[]): readonly CanFrame[] {
  return modules.flatMap((module, index) => {
    const of = (type: number, data: Uint8Array) =>
      frame(0x1800_0000 | ((firstDynessModule + index) << 8) | type, data);
    const { cellVoltages, current, temperature, dischargeCurrentLimit } = module;
    const millivolts = cellVoltages.map((volts) => volts * 1000);
    const voltage = cellVoltages.reduce((sum, volts) => sum + volts, 0);
    const celsius = temperature * 10 + 400;
    return [
      ...[0x11, 0x12, 0x13, 0x14].map((type, group) => {
        const own = millivolts.slice(4 * group, 4 * group + 4);
        return of(type, bigWords(...own, ...new Array<number>(4 - own.length).fill(0)));
      }),
      of(0x15, bigWords(celsius, celsius, celsius, celsius)),
      of(0x16, bigWords(celsius, celsius, module.cycles, 0)),
      of(
        0x21,
        bigWords(
          voltage * 100,
          current * 10 + 4000,
          (1000 * voltage) / cellVoltages.length,
          dischargeCurrentLimit * 10 + 400,
        ),
      ),
      of(0x22, Uint8Array.of(...extremeOf(millivolts, Math.max), ...extremeOf(millivolts, Math.min), 0, 0)),
      of(
        0x23,
        Uint8Array.of(
          ...[...bigWords(celsius), 1, ...bigWords(celsius), 1],
          ...[module.stateOfHealth, module.stateOfCharge],
        ),
      ),
      // Nothing is wrong, both switches are on.
      of(0x24, Uint8Array.of(0, 0, 0x03, 0, 0, 0, 0, 0)),
    ];
  });
}

export interface UsbCanAdapter {
  /** Takes bytes of the host. */
  receive(bytes: Uint8Array): void;
  /** It was set since it was plugged in, and passes on what it hears. */
  isSet(): boolean;
  /** Settings so far, in hex. */
  readonly settings: readonly string[];
  /** Bytes that are no settings, in hex: anything else could go out on the bus. */
  readonly strange: () => string;
}

const settingsBytes = 20;

export function createUsbCanAdapter(): UsbCanAdapter {
  let received = Buffer.alloc(0);
  let strange = '';
  const settings: string[] = [];
  return {
    settings,
    strange: () => strange + received.toString('hex'),
    isSet: () => settings.length > 0,
    receive(bytes) {
      received = Buffer.concat([received, bytes]);
      while (received.length >= settingsBytes) {
        const hex = received.toString('hex', 0, settingsBytes);
        const sum = received.subarray(2, settingsBytes - 1).reduce((total, byte) => total + byte, 0) & 0xff;
        if (/^aa55(12|02)/.test(hex) && sum === received[settingsBytes - 1]) settings.push(hex);
        else strange += hex;
        received = received.subarray(settingsBytes);
      }
    },
  };
}
