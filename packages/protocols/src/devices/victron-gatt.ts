// Victron SmartShunt by its Bluetooth service: one characteristic a register, read one by one. The last two bytes of the first
// group of each id are the register's, with the same value as in VE.Direct HEX. Names and steps as FloMaetschke/victron and the
// vendor's publication have them. Nothing is written, not even how long the connection may last: each poll makes its own.

import { batteryPower, type DeviceDefinition, type RecordDefinition } from '../device.ts';
import type { Fields } from '../field.ts';
import { stretchOf } from '../framing/vedirect-hex.ts';
import { type Exchange, joinChunks, ProtocolError, type Session } from '../session.ts';
import { batteryMonitor } from './vedirect-hex/battery-monitor.ts';
import { nameOf } from './vedirect-hex/places.ts';

const suffix = '-4bda-4c1e-af4b-551c4cf74769';
const idOf = (register: number): string => `6597${register.toString(16).padStart(4, '0')}${suffix}`;

const voltage = 0xed8d;
/** What the option for other programs of the app offers; some only where the shunt is set up to measure it. */
const others = [0x0fff, 0xed8e, 0xed8c, 0xeeff, 0xed7d, 0x0ffe, 0xedec, 0x0382, 0x0383];
const fourBytes = [0xed8c, 0xeeff];
const bytesOf = (register: number): number => (fourBytes.includes(register) ? 4 : 2);

/** A part of a number would be another number, and nothing in the value tells. */
function whole(register: number, value: Uint8Array): Uint8Array {
  if (value.length >= bytesOf(register)) return value;
  const expected = `register ${nameOf(register)} has ${bytesOf(register)} bytes, ${value.length} came`;
  throw new ProtocolError('corrupt', expected, value.length);
}

/** The value of a characteristic comes as it is: which one it is of, the request says. */
function readCharacteristic(request: Uint8Array): Exchange {
  const register = ((request[2] ?? 0) << 8) | (request[3] ?? 0);
  return {
    request,
    take: (received) => ({ used: received.length, answer: stretchOf(register, whole(register, received)) }),
    timeoutMs: 5000,
    tries: 2,
    isOneChunk: true,
  };
}

const exchangeOf = (register: number): Exchange =>
  readCharacteristic(
    Uint8Array.from(idOf(register).replaceAll('-', '').match(/../g) ?? [], (digits) =>
      Number.parseInt(digits, 16),
    ),
  );

/** Of the battery monitor's registers those that have a characteristic. */
function fieldsOf({ battery_voltage, ...rest }: Fields<Uint8Array>): Fields<Uint8Array> {
  const names = [
    'state_of_charge',
    'battery_power',
    'battery_current',
    'battery_capacity_consumed',
    'starter_battery_voltage',
    'time_to_go',
    'battery_temperature',
    'battery_midpoint_voltage',
    'battery_midpoint_deviation',
  ];
  const picked = Object.entries(rest).filter(([name]) => names.includes(name));
  return { ...(battery_voltage ? { battery_voltage } : {}), ...Object.fromEntries(picked) };
}

const smartshunt: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'SmartShunt, firmware 2.31 or newer',
  *asked({ settled }): Session<Uint8Array> {
    const told = [yield exchangeOf(voltage)];
    for (const register of others) {
      if (settled.has(idOf(register))) continue;
      try {
        told.push(yield exchangeOf(register));
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== 'refused') throw error;
        settled.add(idOf(register));
      }
    }
    return joinChunks(told);
  },
  requests: [voltage, ...others].map((register) => ({
    form: idOf(register).replaceAll('-', ''),
    does: `reads register ${register.toString(16).padStart(4, '0')}`,
  })),
  answers: (request) => (request === undefined ? exchangeOf(voltage) : readCharacteristic(request)),
  fields: fieldsOf(batteryMonitor.fields),
  computed: [batteryPower],
};

export const victronGatt: DeviceDefinition = {
  id: 'victron-gatt',
  name: 'Victron SmartShunt, by a Bluetooth connection',
  preparation: [
    'Instant Readout (`victron-ble`) and the cable are the better ways: while something is connected, the shunt sends no Instant Readout and the app cannot connect.',
    'In VictronConnect, switch on the option for other programs (firmware 2.31, VictronConnect 5.42 or newer); then take the shunt off its power once.',
    'Run `wattline-agent pair NAME` once, with the PIN of the shunt as `pin`.',
  ],
  doubts: [
    'The names of temperature, mid-point voltage and its deviation follow from their registers; no capture shows them.',
  ],
  vendor: 'victron',
  media: [{ medium: 'gatt-values', services: [`65970000${suffix}`] }],
  records: { smartshunt },
  ask: { namesQuestion: true, hangsUp: true },
};
