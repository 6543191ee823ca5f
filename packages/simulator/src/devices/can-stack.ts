// A battery stack behind a USB-CAN-A on a pseudo terminal: the host opens the path as it would open the adapter's port.
// It speaks only while the adapter is set, and the adapter must be set after each time it was plugged in.

import { type CanFrame, formatUsbCanA } from '@wattline/protocols';
import { openVirtualSerial, type VirtualSerial } from '../serial/virtual-serial.ts';
import type { Bank, BankOptions } from '../site/bank.ts';
import { type CanBatteryState, createUsbCanAdapter } from './can-battery.ts';

export interface CanStack {
  readonly path: string;
  /** What the adapter was told since the beginning, in hex; `strange`: bytes that are no settings. */
  readonly settings: () => readonly string[];
  readonly strange: () => string;
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

interface CanStackOptions {
  readonly path: string;
  /** One round, asked each time it is sent. */
  readonly frames: () => readonly CanFrame[];
  /** Batteries repeat their round each second. */
  readonly everyMs?: number;
}

/** @throws NoPseudoTerminal */
export async function openCanStack({ path, frames, everyMs = 1000 }: CanStackOptions): Promise<CanStack> {
  const adapters = [createUsbCanAdapter()];
  let line: VirtualSerial | undefined;
  const plugIn = async (): Promise<void> => {
    const adapter = createUsbCanAdapter();
    adapters.push(adapter);
    line = await openVirtualSerial(path, adapter.receive);
  };
  const unplug = async (): Promise<void> => {
    await line?.close();
    line = undefined;
  };
  await plugIn();
  const speaking = setInterval(() => {
    if (adapters.at(-1)?.isSet()) line?.write(Buffer.concat(frames().map(formatUsbCanA)));
  }, everyMs);
  return {
    ...{ path, plugIn, unplug },
    settings: () => adapters.flatMap(({ settings }) => settings),
    strange: () => adapters.map(({ strange }) => strange()).join(''),
    async close() {
      clearInterval(speaking);
      await unplug();
    },
  };
}

const moduleAh = 100;
const kiloWattHoursPerFullCharge = 0.0512;

/** What a stack with the charge and current of a bank says of itself; `temperature` in °C. */
export function stackOf(
  bank: Bank,
  { capacityAh, cells }: BankOptions,
  temperature: number,
): CanBatteryState {
  const cell = bank.voltageV / cells;
  const isFull = bank.charge > 0.995;
  return {
    voltage: bank.voltageV,
    current: bank.currentA,
    temperature,
    stateOfCharge: Math.round(bank.charge * 100),
    stateOfHealth: 99,
    chargeVoltageLimit: cells * 3.5,
    dischargeVoltageLimit: cells * 2.8,
    chargeCurrentLimit: isFull ? 0 : capacityAh / 2,
    dischargeCurrentLimit: bank.charge < 0.05 ? 0 : capacityAh / 2,
    modules: Math.max(1, Math.round(capacityAh / moduleAh)),
    cellVoltageMin: cell - 0.004,
    cellVoltageMax: cell + 0.003,
    charged: 1234 + bank.charge * capacityAh * kiloWattHoursPerFullCharge,
    discharged: 1201 + (1 - bank.charge) * capacityAh * kiloWattHoursPerFullCharge,
    isFull,
  };
}
