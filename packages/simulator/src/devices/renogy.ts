// A Renogy Rover behind a BT-1 in bytes: Modbus at the address of whoever is alone, requests by one service and answers by
// another, 20 bytes a notification. "Rover 20A/40A Charge Controller, MODBUS protocol".

import { servicesStructure } from '../radio/advertising-payload.ts';
import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';
import { createModbusUnit, type ModbusUnit } from './modbus-unit.ts';
import { celsiusByte, doubleWord, wordsFrom, wordsOfText } from './modbus-words.ts';

export interface RenogyState {
  /** 0…1. */
  readonly charge: number;
  readonly voltage: number;
  readonly chargeCurrent: number;
  /** °C. */
  readonly deviceTemperature: number;
  readonly batteryTemperature: number;
  readonly loadCurrent: number;
  readonly isLoadOn: boolean;
  readonly pvVoltage: number;
  readonly pvCurrent: number;
  readonly today: {
    readonly voltageMin: number;
    readonly voltageMax: number;
    readonly chargePowerMax: number;
    readonly generatedWh: number;
    readonly consumedWh: number;
  };
  readonly stage: keyof typeof stages;
  /** Since it was put up. */
  readonly days: number;
  readonly generatedTotalWh: number;
  readonly consumedTotalWh: number;
  /** Bits of 0121 and 0122, the first of them high. */
  readonly faults: number;
}

/** What is printed on it, and what its owner set. */
export interface RenogyRating {
  /** 16 characters. */
  readonly model: string;
  readonly systemVoltage: number;
  readonly amperes: number;
  readonly batteryAh: number;
  readonly batteryType: keyof typeof batteryTypes;
}

const batteryTypes = { flooded: 1, sealed: 2, gel: 3, lithium: 4, user: 5 } as const;
const rover40: RenogyRating = {
  ...{ model: '  RNG-CTRL-RVR40', systemVoltage: 12, amperes: 40 },
  ...{ batteryAh: 200, batteryType: 'gel' },
};
export const rover60: RenogyRating = {
  ...{ model: '  RNG-CTRL-RVR60', systemVoltage: 48, amperes: 60 },
  ...{ batteryAh: 300, batteryType: 'lithium' },
};

const stages = { off: 0, bulk: 2, equalize: 3, absorption: 4, float: 5 } as const;
const broadcast = 0xff;
/** 2.1.5 and 1.0.3, and a serial number. */
const versions = [0x0002, 0x0105, 0x0001, 0x0003] as const;
const serialNumber = [0x1506, 0x0012] as const;

/** @param state is asked at each request */
export const createRenogy = (state: () => RenogyState, rating: RenogyRating = rover40): ModbusUnit =>
  createModbusUnit(broadcast, () => registersOf(state(), rating));

function registersOf(
  state: RenogyState,
  { model, systemVoltage, amperes, batteryAh, batteryType }: RenogyRating,
): ReadonlyMap<number, number> {
  const { voltage, chargeCurrent, today } = state;
  const loadVoltage = state.isLoadOn ? voltage : 0;
  return new Map([
    ...wordsFrom(0x000a, [(systemVoltage << 8) | amperes, amperes << 8]),
    ...wordsFrom(0x000c, wordsOfText(model)),
    ...wordsFrom(0x0014, [...versions, ...serialNumber]),
    ...wordsFrom(0x0100, [
      state.charge * 100,
      voltage * 10,
      chargeCurrent * 100,
      (celsiusByte(state.deviceTemperature) << 8) | celsiusByte(state.batteryTemperature),
      ...[loadVoltage * 10, state.loadCurrent * 100, loadVoltage * state.loadCurrent],
      ...[state.pvVoltage * 10, state.pvCurrent * 100, state.pvVoltage * state.pvCurrent],
      // What commands the load is only written.
      0,
      ...[today.voltageMin * 10, today.voltageMax * 10, chargeCurrent * 100, state.loadCurrent * 100],
      ...[today.chargePowerMax, loadVoltage * state.loadCurrent],
      ...[today.generatedWh / voltage, today.consumedWh / voltage, today.generatedWh, today.consumedWh],
      ...[state.days, 0, state.days],
      ...doubleWord(state.generatedTotalWh / voltage),
      ...doubleWord(state.consumedTotalWh / voltage),
      ...doubleWord(state.generatedTotalWh),
      ...doubleWord(state.consumedTotalWh),
      (state.isLoadOn ? 0x8000 : 0) | stages[state.stage],
      ...doubleWord(state.faults),
    ]),
    ...wordsFrom(0xe002, [batteryAh, systemVoltage, batteryTypes[batteryType]]),
  ]);
}

export function createRenogyPeripheral(
  controller: Pick<ModbusUnit, 'receive'>,
  options: PeripheralOptions,
): Peripheral {
  const peripheral = createPeripheral({
    advertising: servicesStructure('ffd0'),
    services: [
      {
        uuid: 'ffd0',
        characteristics: [
          {
            uuid: 'ffd1',
            properties: ['write', 'writeWithoutResponse'],
            onWrite(bytes) {
              for (const answer of controller.receive(bytes))
                peripheral.notifyPieces('fff1', Buffer.from(answer));
            },
          },
        ],
      },
      { uuid: 'fff0', characteristics: [{ uuid: 'fff1', properties: ['notify'] }] },
    ],
    ...options,
  });
  return peripheral;
}
