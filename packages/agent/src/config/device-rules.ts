// What a device's definition demands of its keys, and what devices demand of each other. Runs on lists that other
// checks have refused in part, so that all problems are said at once: nothing here trusts a value's type.

import { isMapping } from '@wattline/program';
import { type DeviceDefinition, definitions, type Medium } from '@wattline/protocols';
import { bitRateOf, busOf, checkBus } from './bus-rules.ts';
import type { WrittenDevice } from './device-schema.ts';
import { explainLimitKey } from './night-and-limits.ts';

/** A problem at a path below the list. A type alias, because zod wants one with an implicit index signature. */
type DeviceIssue = {
  readonly code: 'custom';
  readonly path: (string | number)[];
  readonly message: string;
};

/** The word for the key of a device that has none. */
export const withoutKey = 'none';

export function checkDevices(
  devices: readonly WrittenDevice[],
  addIssue: (issue: DeviceIssue) => void,
): void {
  const first = new Map<string, number>();
  const places = new Map<string, number>();
  const ports = new Map<string, { readonly index: number; readonly speed: string | undefined }>();
  devices.forEach((device, index) => {
    const refuse = (key: string, message: string) =>
      addIssue({ code: 'custom', path: [index, key], message });
    if (!isMapping(device)) return;
    const name: unknown = device.name;
    if (typeof name === 'string') {
      const other = first.get(name);
      if (other !== undefined) refuse('name', `this is the name of devices[${other}] already`);
      else first.set(name, index);
    }
    const family = definitions.find(({ id }) => id === device.definition);
    if (family === undefined) return;
    checkReach(device, family, refuse);
    if (family.hear === undefined) checkTwice(device, places, index, refuse);
    checkBus(device, family, refuse);
    const baudRate = family.media.find((way) => way.medium === 'serial')?.baudRate;
    const speed = baudRate === undefined ? busOf(device, family) : `${baudRate} baud`;
    if (typeof device.port === 'string' && device.replay === undefined) {
      const other = ports.get(device.port);
      if (other === undefined) ports.set(device.port, { index, speed });
      else if (other.speed !== speed)
        refuse('port', `devices[${other.index}] uses it at ${other.speed}, ${family.id} at ${speed}`);
    }
    checkSecret(device, family, refuse);
    checkAsking(device, family, refuse);
    if (isMapping(device.scale)) {
      for (const key of Object.keys(device.scale)) {
        if (!isCounterOf(family, key))
          addIssue({
            code: 'custom',
            path: [index, 'scale', key],
            message: `${family.id} has no such counter`,
          });
      }
    }
    if (isMapping(device.limits)) {
      for (const key of Object.keys(device.limits)) {
        const message = explainLimitKey(key);
        if (message !== undefined) addIssue({ code: 'custom', path: [index, 'limits', key], message });
      }
    }
  });
}

/** What is measured has no scale of its own: other values are computed from it. */
const isCounterOf = ({ records }: DeviceDefinition, field: string): boolean =>
  Object.values(records).some(({ fields }) => fields[field]?.kind === 'counter');

const mediaByAddress: readonly Medium['medium'][] = ['advertisement', 'gatt', 'gatt-values'];

type Refuse = (key: string, message: string) => void;

function checkReach(device: WrittenDevice, { id, media }: DeviceDefinition, refuse: Refuse): void {
  const byRadio = media.some(({ medium }) => mediaByAddress.includes(medium));
  const byCable = media.some(({ medium }) => !mediaByAddress.includes(medium));
  if (device.address !== undefined && !byRadio)
    refuse('address', `${id} is not reached by radio: no address`);
  if (device.port !== undefined && !byCable) refuse('port', `${id} is not reached by a cable: no port`);
  if (device.address !== undefined && device.port !== undefined && byRadio && byCable)
    refuse('port', 'expected either address or port, found both');
  const isReached = (byRadio && device.address !== undefined) || (byCable && device.port !== undefined);
  if (isReached || device.replay !== undefined) return;
  if (byRadio && byCable)
    refuse('address', 'missing; expected the Bluetooth address of this device, or its port');
  else if (byRadio) refuse('address', 'missing; expected the Bluetooth address of this device');
  else
    refuse(
      'port',
      `missing; expected the ${bitRateOf({ media }) === undefined ? '' : 'CAN interface or '}serial port of this device`,
    );
}

/**
 * Copied and not changed, it would show one device's values under the name of another. What is only heard may have two names,
 * as the replaced tool allowed; the key of another device is told apart.
 */
function checkTwice(
  { definition, address, port, replay }: WrittenDevice,
  places: Map<string, number>,
  index: number,
  refuse: Refuse,
): void {
  if (replay !== undefined) return;
  for (const [key, value] of Object.entries({ address, port })) {
    if (typeof value !== 'string') continue;
    const place = `${definition} ${value}`;
    const other = places.get(place);
    if (other === undefined) places.set(place, index);
    else refuse(key, `this is the ${key} of devices[${other}] already, which is ${definition} too`);
  }
}

function checkSecret(device: WrittenDevice, family: DeviceDefinition, refuse: Refuse): void {
  const { id, secret } = family;
  checkPin(device, family, refuse);
  for (const setting of ['key', 'password'] as const) {
    const value = device[setting];
    if (secret?.setting !== setting) {
      if (value !== undefined) refuse(setting, `${id} has no ${setting}`);
    } else if (value === undefined) {
      if (setting === 'key') refuse(setting, `missing; ${explainKey(secret.hexDigits)}, or ${withoutKey}`);
    } else if (typeof value.reveal === 'function') {
      const problem = checkForm(value.reveal(), secret);
      if (problem !== undefined) refuse(setting, problem);
    }
  }
}

/** A bond is the business of Bluetooth, whatever a device speaks over it. */
function checkPin({ pin, port }: WrittenDevice, { id, media }: DeviceDefinition, refuse: Refuse): void {
  if (pin === undefined) return;
  const connects = media.some(({ medium }) => medium === 'gatt' || medium === 'gatt-values');
  if (!connects || port !== undefined)
    refuse('pin', 'only a device that is connected to by Bluetooth has a pin');
  else if (typeof pin.reveal === 'function' && !/^\d{1,6}$/.test(pin.reveal()))
    refuse('pin', `the pin of ${id} has one to six digits`);
}

const explainKey = (digits: number | undefined): string =>
  digits === undefined
    ? 'expected the key of this device'
    : `expected the key of this device (${digits} hex digits)`;

function checkForm(
  text: string,
  { setting, hexDigits, characters }: NonNullable<DeviceDefinition['secret']>,
): string | undefined {
  if (hexDigits !== undefined) return checkHex(text, setting, hexDigits);
  if (characters === undefined || text.length === characters) return undefined;
  return `a ${setting} of such a device has ${characters} characters, this one has ${text.length}`;
}

function checkHex(text: string, setting: string, digits: number): string | undefined {
  if (text === withoutKey) return undefined;
  const demand = `a ${setting} has ${digits} hex digits, this one`;
  if (!/^[0-9A-Fa-f]*$/.test(text)) return `${demand} has other characters`;
  if (text.length === digits) return undefined;
  const hint = text.length === digits - 1 ? ': the app is known to cut the last digit when copying' : '';
  return `${demand} has ${text.length}${hint}`;
}

/** Devices that talk by themselves are not asked, and so not asked less often at night. */
function checkAsking(device: WrittenDevice, { id, ask, records }: DeviceDefinition, refuse: Refuse): void {
  const hasUnits = Object.values(records).some(({ askedOfParts }) => askedOfParts !== undefined);
  if (device.units !== undefined && !hasUnits) refuse('units', `${id} tells of no other units`);
  if (ask !== undefined) return;
  for (const key of ['night_interval', 'keep_connected'] as const) {
    if (device[key] !== undefined) refuse(key, `${id} talks by itself and is never asked: no ${key}`);
  }
}
