// A SmartShunt on the virtual radio with the service for other programs: one characteristic a register, read one by one. From
// the maker's table of characteristics, apart from the decoder. What is written to it is kept and does nothing.

import { createPeripheral, type Peripheral, type PeripheralOptions } from '../radio/peripheral.ts';

export interface SmartShuntState {
  readonly voltage: number;
  /** + charges. */
  readonly current: number;
  /** %. */
  readonly charge: number;
  readonly consumedAh: number;
  /** `undefined`: it is not discharged. */
  readonly minutesToGo?: number;
  readonly starterVoltage?: number;
}

export interface SmartShunt {
  readonly peripheral: Peripheral;
  /** What it was told to set, in hex: a program that only reads tells it nothing. */
  readonly strange: readonly string[];
}

const base = '-4bda-4c1e-af4b-551c4cf74769';
const unknown = { unsigned: 0xffff, signed: 0x7fff } as const;

const two = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(Math.round(value) & 0xffff);
  return bytes;
};
const four = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(Math.round(value));
  return bytes;
};

const registers: { readonly [register: string]: (state: SmartShuntState) => Buffer } = {
  '0fff': ({ charge }) => two(charge * 100),
  ed8d: ({ voltage }) => two(voltage * 100),
  ed8e: ({ voltage, current }) => two(voltage * current),
  ed8c: ({ current }) => four(current * 1000),
  eeff: ({ consumedAh }) => four(-consumedAh * 10),
  ed7d: ({ starterVoltage }) => two(starterVoltage === undefined ? unknown.signed : starterVoltage * 100),
  '0ffe': ({ minutesToGo }) => two(minutesToGo ?? unknown.unsigned),
};

/** What a characteristic holds, by its id in hex without dashes; `undefined`: there is none of that id. */
export function smartShuntValue(id: string, state: SmartShuntState): Buffer | undefined {
  const register = Object.keys(registers).find((each) => id === `6597${each}${base}`.replaceAll('-', ''));
  return register === undefined ? undefined : registers[register]?.(state);
}

/** @param state is asked at each read */
export function createSmartShunt(state: () => SmartShuntState, options: PeripheralOptions): SmartShunt {
  const strange: string[] = [];
  const keepAlive = {
    uuid: `6597ffff${base}`,
    properties: ['read', 'write'] as const,
    onRead: () => two(60_000),
    onWrite: (bytes: Buffer) => void strange.push(bytes.toString('hex')),
  };
  const characteristics = Object.entries(registers).map(([register, value]) => ({
    uuid: `6597${register}${base}`,
    properties: ['read', 'notify'] as const,
    onRead: () => value(state()),
  }));
  const services = [{ uuid: `65970000${base}`, characteristics: [...characteristics, keepAlive] }];
  return { strange, peripheral: createPeripheral({ services, ...options }) };
}
