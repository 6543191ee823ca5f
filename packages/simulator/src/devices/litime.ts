// A LiTime MPPT in bytes: Modbus unit 1 behind one characteristic, 20 bytes a notification.
// Registers as mavenius/litime_mppt_esphome and tomhollingworth/litime-monitor read them.

import { servicesStructure } from '../radio/advertising-payload.ts';
import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';
import { createModbusUnit, type ModbusUnit } from './modbus-unit.ts';
import { celsiusByte, doubleWord, wordsFrom, wordsOfText } from './modbus-words.ts';

export interface LitimeState {
  /** 0…1. */
  readonly charge: number;
  readonly voltage: number;
  /** Of the panels, into battery and load together. */
  readonly chargeCurrent: number;
  /** °C. */
  readonly deviceTemperature: number;
  readonly batteryTemperature: number;
  readonly loadCurrent: number;
  readonly isLoadOn: boolean;
  readonly pvVoltage: number;
  readonly chargePowerMaxToday: number;
  readonly chargedTodayWh: number;
  readonly loadTodayWh: number;
  readonly stage: keyof typeof stages;
  /** Since it was put up. */
  readonly days: number;
  readonly chargedTotalWh: number;
  readonly loadTotalWh: number;
}

const stages = { off: 0, bulk: 2, absorption: 4, float: 5 } as const;
const model = 'BT-LTMPPT4860';
const versionHundredths = 123;
const unit = 1;

/** @param state is asked at each request */
export const createLitime = (state: () => LitimeState): ModbusUnit =>
  createModbusUnit(unit, () => registersOf(state()));

function registersOf(state: LitimeState): ReadonlyMap<number, number> {
  const loadVoltage = state.isLoadOn ? state.voltage : 0;
  return new Map([
    ...wordsFrom(0x000a, [0x3c14, 0]),
    ...wordsFrom(0x000c, wordsOfText(model.padEnd(16, '\0'))),
    ...wordsFrom(0x0014, [versionHundredths]),
    ...wordsFrom(0x0101, [
      state.charge * 100,
      state.voltage * 10,
      state.chargeCurrent * 100,
      state.chargeCurrent * state.voltage,
      (celsiusByte(state.deviceTemperature) << 8) | celsiusByte(state.batteryTemperature),
      loadVoltage * 10,
      state.loadCurrent * 100,
      loadVoltage * state.loadCurrent,
      state.pvVoltage * 10,
      state.chargePowerMaxToday,
      state.chargedTodayWh,
      state.loadTodayWh,
      (state.isLoadOn ? 0x8000 : 0) | stages[state.stage],
      0,
      state.days,
      ...doubleWord(state.chargedTotalWh),
      ...doubleWord(state.loadTotalWh),
    ]),
  ]);
}

export function createLitimePeripheral(
  controller: Pick<ModbusUnit, 'receive'>,
  options: PeripheralOptions,
): Peripheral {
  const peripheral = createPeripheral({
    advertising: servicesStructure('ffe0'),
    services: [
      {
        uuid: 'ffe0',
        characteristics: [
          {
            uuid: 'ffe1',
            properties: ['read', 'notify', 'write', 'writeWithoutResponse'],
            onWrite(bytes) {
              for (const answer of controller.receive(bytes))
                peripheral.notifyPieces('ffe1', Buffer.from(answer));
            },
          },
        ],
      },
    ],
    ...options,
  });
  return peripheral;
}
