// The families of a soak that are reached over the air.

import { advertisement } from '../../simulator/src/demo/devices.ts';
import type { AxpertState } from '../../simulator/src/devices/axpert.ts';
import { createAxpertPeripheral } from '../../simulator/src/devices/axpert-peripheral.ts';
import { createJbdBoard, createJbdModule } from '../../simulator/src/devices/jbd.ts';
import { createJbdPeripheral } from '../../simulator/src/devices/jbd-peripheral.ts';
import { createLitime, createLitimePeripheral } from '../../simulator/src/devices/litime.ts';
import { createModbusUnit } from '../../simulator/src/devices/modbus-unit.ts';
import { createRenogyDongle } from '../../simulator/src/devices/renogy-dongle.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { big, type Kind, type Made, type Making, stamp } from './soak-kinds.ts';

export const jbdStamps = [stamp('battery_voltage', 100, 60_000), stamp('cell_voltage_1', 1000, 60_000)];
const jbdPassword = '918273';

export const jbdBoard = (ticks: Making['ticks']) =>
  createJbdBoard(() => ({
    ...{ voltage: ticks(60_000) / 100, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [ticks(60_000) / 1000, 3.334], temperatures: [26.8] },
  }));

const jbd =
  (hasPassword: boolean) =>
  ({ ticks, random, options, pipe }: Making): Made => {
    const board = jbdBoard(ticks);
    const { address } = options;
    const module = createJbdModule(board, {
      address,
      password: jbdPassword,
      random: () => random.below(256),
    });
    const speaker = hasPassword ? { ...module, ...pipe(module.receive) } : pipe(board.receive);
    return { by: createJbdPeripheral(speaker, options), strange: board.strange };
  };

function litime({ ticks, options, pipe }: Making): Made {
  const unit = createLitime(() => ({
    ...{ charge: 0.72, voltage: ticks(10_000) / 10, chargeCurrent: 0, deviceTemperature: 31 },
    ...{ batteryTemperature: -4, loadCurrent: 0, isLoadOn: false, pvVoltage: 36.5, stage: 'bulk', days: 100 },
    ...{ chargePowerMaxToday: 410, chargedTodayWh: 1234, loadTodayWh: 321 },
    ...{ chargedTotalWh: ticks(big), loadTotalWh: 70_000 },
  }));
  return { by: createLitimePeripheral(pipe(unit.receive), options), strange: unit.strange };
}

function renogy({ ticks, options, pipe }: Making): Made {
  const words = (from: number, count: number) =>
    Array.from({ length: count }, (_, index): [number, number] => [from + index, 0]);
  const unit = createModbusUnit(0xff, () => {
    const total = ticks(big);
    return new Map([
      ...words(0x000a, 16),
      ...words(0x0100, 34),
      ...words(0xe002, 3),
      ...([
        [0x0101, ticks(10_000)],
        [0x011c, total >>> 16],
        [0x011d, total & 0xffff],
      ] as const),
    ]);
  });
  return { by: createRenogyDongle(pipe(unit.receive), options), strange: unit.strange };
}

export const axpertState = (ticks: Making['ticks']): AxpertState => ({
  ...{ mode: 'B', acInputVoltage: 0, acOutputVoltage: ticks(9000) / 10, frequency: 50, charge: 76 },
  ...{ acOutputPower: 745, batteryVoltage: ticks(9000) / 100, batteryCurrent: -ticks(1900), heatsink: 41 },
  ...{ pvVoltage: ticks(9000) / 10, pvPower: 1946, pvEnergyToday: 0, pvEnergyTotal: 0 },
  clock: '20260601120000',
});
export const axpertStamps = [
  stamp('battery_voltage', 100, 9000),
  stamp('battery_discharge_current', 1, 1900),
  stamp('ac_output_voltage', 10, 9000),
];

const axpert = ({ ticks, options }: Making): Made => ({
  by: createAxpertPeripheral(() => axpertState(ticks), options),
});

/** Register → its bytes, and how many. */
const shuntRegisters: readonly (readonly [
  id: string,
  bytes: number,
  raw: (ticks: Making['ticks']) => number,
])[] = [
  ['ed8d', 2, (ticks) => ticks(32_000)],
  ['0fff', 2, (ticks) => ticks(60_000)],
  ['ed8c', 4, (ticks) => ticks(1_900_000)],
  ['eeff', 4, (ticks) => -ticks(1_000_000)],
];

function shunt({ ticks, options }: Making): Made {
  const suffix = '-4bda-4c1e-af4b-551c4cf74769';
  const characteristics = shuntRegisters.map(([id, bytes, raw]) => ({
    uuid: `6597${id}${suffix}`,
    properties: ['read'] as const,
    onRead() {
      const value = Buffer.alloc(bytes);
      value.writeIntLE(bytes === 2 ? (raw(ticks) << 16) >> 16 : raw(ticks), 0, bytes);
      return value;
    },
  }));
  return {
    by: createPeripheral({ ...options, services: [{ uuid: `65970000${suffix}`, characteristics }] }),
  };
}

const key = 'bff4d0995b7d1e176c0c33ecb9e70d02';
const broadcast =
  (record: string) =>
  ({ ticks, options }: Making): Made => ({
    by: createPeripheral({
      ...options,
      connectable: false,
      advertising: () =>
        advertisement({ record, key, productId: 0xa389 }, ticks(65_536), {
          battery_voltage: ticks(32_000) / 100,
        }),
    }),
  });
const broadcastStamps = [stamp('battery_voltage', 100, 32_000)];
const secretOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const kindsOnAir: { readonly [name: string]: Kind } = {
  'jbd-open': { definition: 'jbd', stamps: jbdStamps, make: jbd(false) },
  'jbd-locked': { definition: 'jbd', secret: secretOf(jbdPassword), stamps: jbdStamps, make: jbd(true) },
  litime: {
    ...{ definition: 'litime-mppt', make: litime },
    stamps: [stamp('battery_voltage', 10, 10_000), stamp('battery_energy_charged_total', 1, big)],
  },
  renogy: {
    ...{ definition: 'renogy-controller', make: renogy },
    stamps: [stamp('battery_voltage', 10, 10_000), stamp('pv_energy_total', 1, big)],
  },
  axpert: {
    ...{ definition: 'voltronic-ble', make: axpert },
    stamps: [...axpertStamps, stamp('pv_voltage_1', 10, 9000)],
  },
  shunt: {
    ...{ definition: 'victron-gatt', make: shunt },
    stamps: [
      stamp('battery_voltage', 100, 32_000),
      stamp('state_of_charge', 100, 60_000),
      stamp('battery_current', 1000, 1_900_000),
      stamp('battery_capacity_consumed', 10, 1_000_000),
    ],
  },
  'sender-charger': {
    ...{ definition: 'victron-ble', secret: Buffer.from(key, 'hex'), stamps: broadcastStamps },
    make: broadcast('0x01'),
  },
  'sender-monitor': {
    ...{ definition: 'victron-ble', secret: Buffer.from(key, 'hex'), stamps: broadcastStamps },
    make: broadcast('0x02'),
  },
};
