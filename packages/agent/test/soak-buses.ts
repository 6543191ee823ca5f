// The batteries of a soak that speak on CAN buses, several families on one bus as far as their frames differ, each bus
// behind an adapter that passes frames on only since it was set, and must be set anew after its power was gone.

import { type CanFrame, formatSlcan, formatUsbCanA } from '@wattline/protocols';
import { createUsbCanAdapter, dynessFrames } from '../../simulator/src/devices/can-battery.ts';
import { createSlcanAdapter } from '../../simulator/src/devices/slcan-adapter.ts';
import { big, type Kind, type Made, type Making, stamp } from './soak-kinds.ts';

type Ticks = Making['ticks'];

/** Moduli that fit their fields, and below what can be true. */
const volts = 32_000;
const tenthVolts = 15_000;
const amperes = 19_000;
const any = 60_000;

function little(...values: readonly number[]): Uint8Array {
  const data = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) data.writeUInt16LE(value, 2 * index);
  return data;
}
const large = (...values: readonly number[]): Uint8Array => Buffer.from(little(...values)).swap16();
const long = (...values: readonly number[]): Uint8Array => Buffer.from(Uint32Array.from(values).buffer);
const letters = (text: string): Uint8Array => Buffer.from(text.padEnd(8));
const frame = (id: number, data: Uint8Array): CanFrame => ({ id, data });

const notAvailable = 0xffff;
/** No limit says what the voltage can be: its scale is the family's. */
const limits = (ticks: Ticks): Uint8Array => little(0, ticks(amperes), ticks(amperes), notAvailable);
const limitStamps = [stamp('battery_charge_current_limit', 10, amperes)];
const currentStamp = stamp('battery_current', 10, amperes);
const wholeStamps = [...limitStamps, stamp('battery_voltage', 100, volts), currentStamp];

const shared = (ticks: Ticks): CanFrame[] => [
  frame(0x351, limits(ticks)),
  frame(0x354, little(ticks(any), ticks(any))),
  frame(0x355, little(50, 99)),
];
const capacityStamp = stamp('battery_capacity_full', 10, any);

const pylontech = (ticks: Ticks): CanFrame[] => [
  frame(0x356, little(ticks(volts), ticks(amperes), 215)),
  ...shared(ticks),
  frame(0x359, Uint8Array.of(0, 0, 0, 0, 2, 0x50, 0x4e)),
  frame(0x35e, letters('PYLON')),
];
const pylontechStamps = [...wholeStamps, capacityStamp];

const dynessTypes = [0x11, 0x16, 0x21];

/** The second module is not heard for half a minute of every five. */
function dyness(ticks: Ticks): readonly CanFrame[] {
  const module = {
    ...{ cellVoltages: [ticks(any) / 1000, 3.3], current: ticks(amperes) / 10, temperature: 21 },
    ...{ dischargeCurrentLimit: 100, cycles: ticks(any), stateOfHealth: 99, stateOfCharge: 50 },
  };
  const frames = dynessFrames(ticks(3000) < 2700 ? [module, module] : [module]);
  return frames.filter(({ id }) => dynessTypes.includes(id & 0xff));
}
const dynessStamps = [currentStamp, stamp('cell_voltage_1', 1000, any), stamp('battery_cycle_count', 1, any)];

const victron = (ticks: Ticks): CanFrame[] => [
  frame(0x356, little(ticks(volts), ticks(amperes), 215)),
  ...shared(ticks),
  frame(0x35a, new Uint8Array(8).fill(0xaa)),
  frame(0x35e, letters('WATTLINE')),
  frame(0x378, long(ticks(big), ticks(big))),
];
const victronStamps = [...pylontechStamps, stamp('battery_energy_charged_total', 0.01, big)];

const pytes = (ticks: Ticks): CanFrame[] => [
  frame(0x400, limits(ticks)),
  frame(0x404, little(50, 99, 0, 12)),
  frame(0x405, little(ticks(volts), ticks(amperes), 215)),
  frame(0x409, long(200_000, ticks(big))),
];
const pytesStamps = [...wholeStamps, stamp('battery_capacity_remaining', 1000, big)];

const jkZero = 4000;
const jk = (ticks: Ticks): CanFrame[] =>
  [0, 1].flatMap((unit) => [
    frame(0x2f4 + unit, Buffer.concat([little(ticks(tenthVolts), jkZero + ticks(amperes)), Buffer.of(50)])),
    frame(0x18f128f4 + unit, little(ticks(any), ticks(any), 0, 12)),
  ]);
const jkStamps = [stamp('battery_voltage', 10, tenthVolts), currentStamp, capacityStamp];

const growatt = (ticks: Ticks): CanFrame[] => [
  frame(0x313, large(ticks(volts), ticks(amperes), 215, 0x3263)),
  frame(0x314, large(ticks(any), ticks(any), 0, 12)),
  frame(0x315, large(ticks(any), 3300, 3300, 3300)),
];
const growattStamps = [
  ...[stamp('battery_voltage', 100, volts), currentStamp],
  ...[stamp('battery_capacity_full', 100, any), stamp('cell_voltage_1', 1000, any)],
];

const discover = (ticks: Ticks): CanFrame[] => [
  frame(0x356, little(ticks(tenthVolts), ticks(amperes), 215)),
  ...shared(ticks),
  frame(0x35a, new Uint8Array(8).fill(0xaa)),
  frame(0x35e, letters('DISCOVER')),
];
const discoverStamps = [
  ...[...limitStamps, stamp('battery_voltage', 10, tenthVolts), currentStamp],
  stamp('battery_capacity_full', 1, any),
];

interface Adapter {
  readonly receive: (bytes: Uint8Array) => readonly Uint8Array[];
  readonly isSet: () => boolean;
  readonly strange: () => string;
}

const createUsbCan = (): Adapter => {
  const adapter = createUsbCanAdapter();
  const receive: Adapter['receive'] = (bytes) => {
    adapter.receive(bytes);
    return [];
  };
  return { ...adapter, receive };
};

const createSlcan = (): Adapter => {
  const { receive, isListening, strange } = createSlcanAdapter();
  return { receive, isSet: isListening, strange: () => strange.join() };
};

const adapters = {
  'usb-can-a': { create: createUsbCan, format: formatUsbCanA },
  slcan: { create: createSlcan, format: formatSlcan },
} as const;

/** Half of the frames each second: a round takes two, as of slow batteries. */
const busOf =
  (adapter: keyof typeof adapters, ...batteries: readonly ((ticks: Ticks) => readonly CanFrame[])[]) =>
  ({ ticks, isSilent }: Making): Made => {
    const { create, format } = adapters[adapter];
    const strange: string[] = [];
    let own: Adapter = create();
    let turn = 0;
    const restart = (): void => {
      own = create();
    };
    return {
      strange,
      by: {
        restart,
        receive(bytes) {
          const answers = own.receive(bytes);
          if (own.strange() !== '') strange.push(own.strange());
          return answers;
        },
        says() {
          if (isSilent()) restart();
          turn = (turn + 1) % 4;
          if (!own.isSet() || turn % 2 === 1) return [];
          const frames = batteries.flatMap((battery) => battery(ticks));
          return [Buffer.concat(frames.filter((_, index) => index % 2 === turn / 2).map(format))];
        },
      },
    };
  };

/** A frame is shown for so long, in case those after it are lost. */
const apartMs = 5000;

export const kindsOnBus: { readonly [name: string]: Kind } = {
  stack: {
    ...{ medium: 'can', adapter: 'usb-can-a', make: busOf('usb-can-a', pylontech, dyness) },
    ...{ definition: 'can-pylontech', stamps: pylontechStamps, apartMs },
    besides: {
      'stack-modules': { definition: 'can-dyness', stamps: dynessStamps, apartMs },
      'stack-found': {
        ...{ definition: 'can-battery', apartMs },
        // A voltage is the battery's, or a module's of two cells.
        stamps: [...limitStamps, ...dynessStamps, capacityStamp],
      },
    },
  },
  bank: {
    ...{ medium: 'can', adapter: 'slcan', make: busOf('slcan', victron, jk, pytes) },
    ...{ definition: 'can-victron', stamps: victronStamps, apartMs },
    besides: {
      'bank-jk': { definition: 'can-jk', stamps: jkStamps, apartMs },
      'bank-pytes': { definition: 'can-pytes', stamps: pytesStamps, apartMs },
    },
  },
  rack: {
    ...{ medium: 'can', adapter: 'usb-can-a', make: busOf('usb-can-a', growatt, discover) },
    ...{ definition: 'can-growatt', stamps: growattStamps, apartMs },
    besides: { 'rack-discover': { definition: 'can-discover', stamps: discoverStamps, apartMs } },
  },
};
