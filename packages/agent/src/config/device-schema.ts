// One of the devices of agent.yml as a person writes it. The descriptions are the help in editors.

import { anyText, durationMs, oneOf, scalar, secretText, text, yesOrNo } from '@wattline/program';
import { definitions, namePattern } from '@wattline/protocols';
import * as z from 'zod';
import { parseAddress } from './addresses.ts';
import { parseFactor, parseLimits } from './night-and-limits.ts';

/** A path, a USB device, or a name that the kernel gives its network interfaces. */
const portPattern = /^(\/.+|usb:[0-9a-fA-F]{4}:[0-9a-fA-F]{4}(:.+)?|[a-z][a-z0-9_.-]{0,14})$/;

const bitRates: { readonly [written: string]: number } = {
  '500k': 500_000,
  '250k': 250_000,
  '125k': 125_000,
  '100k': 100_000,
  '50k': 50_000,
};

const parseBitRate = (written: string): number | undefined =>
  Object.hasOwn(bitRates, written) ? bitRates[written] : undefined;
const writtenBitRates = Object.keys(bitRates);

/** Of agents and devices, in topics. */
export const name = () => text({ expected: '1 to 64 of A-Z a-z 0-9 _ . -', pattern: namePattern });

export const device = z.strictObject({
  name: name().describe('Third topic level and the name everywhere; unique here.'),
  definition: oneOf(
    definitions.map(({ id }) => id),
    `a definition of this release (${definitions.map(({ id }) => id).join(', ')})`,
  ).describe('What the device speaks.'),
  type: name()
    .optional()
    .describe('Second topic level; default: what the device is (solar_charger, battery, …).'),
  address: scalar({
    expected: 'a Bluetooth address such as FA:AC:27:84:C6:6F',
    parse: parseAddress,
    jsonSchema: { type: ['string', 'number'] },
  })
    .optional()
    .describe('Bluetooth address, any case.'),
  key: secretText('the key of this device')
    .optional()
    .describe("The device's encryption key (32 hex digits); none for a device that sends unencrypted."),
  password: secretText('the password of this device').optional().describe("The device's password."),
  pin: secretText('the PIN of this device')
    .optional()
    .describe('The PIN of a device that demands a Bluetooth bond: wattline-agent pair NAME makes it.'),
  port: text({
    expected:
      'the path of a port such as /dev/serial/by-id/usb-VictronEnergy_… or /dev/hidraw0, usb:0665:5161, or a CAN interface such as can0',
    pattern: portPattern,
  })
    .optional()
    .describe(
      'Serial port, best by its stable name under /dev/serial/by-id; USB HID by /dev/hidrawN, or by vendor, product and, where several are plugged in, serial number (usb:0665:5161:serial); a CAN interface (can0).',
    ),
  adapter: oneOf(['usb-can-a', 'slcan'])
    .optional()
    .describe(
      'What the CAN adapter at a serial port speaks; usb-can-a, or slcan where the name of the port says CANable or CANtact.',
    ),
  bit_rate: scalar({
    expected: 'a bit rate such as 500k, 250k or 125k',
    parse: parseBitRate,
    jsonSchema: { enum: writtenBitRates },
    words: writtenBitRates,
  })
    .optional()
    .describe('Of the CAN bus behind an adapter; default: what batteries of this definition use.'),
  listen_only: yesOrNo()
    .optional()
    .describe(
      'Whether a CAN adapter stays silent on the bus, which it does when nothing is said. A battery without an inverter may need its acknowledgements: no.',
    ),
  keep_alive: yesOrNo()
    .optional()
    .describe(
      'Whether 0x305 with eight zeros is said each second, for a battery that falls silent without an inverter; not said when nothing is set. Takes listen_only: no; never where an inverter is on the bus.',
    ),
  interval: durationMs({ max: '1d' }).prefault('10s').describe('One reading in this time.'),
  night_interval: durationMs({ max: '1d' }).optional().describe('The interval while the sun is down.'),
  limits: z
    .record(
      anyText('the name of a field or a unit'),
      scalar({ expected: 'the least and the most, such as 40..60', parse: parseLimits }),
    )
    .optional()
    .describe(
      'What values can be: by field (battery_voltage: 40..60) or by unit (V: 0..100). Others are published as unknown.',
    ),
  scale: z
    .record(
      anyText('the name of a counter'),
      scalar({ expected: 'a factor such as 0.1 or 1000', parse: parseFactor }),
    )
    .optional()
    .describe(
      'By what counters are multiplied, where this device counts in another unit than its page says (battery_energy_charged_total: 0.1).',
    ),
  keep_connected: yesOrNo()
    .optional()
    .describe(
      'Whether the connection to a device that is asked stays open between readings; it does when nothing is said. false lets a phone app in between.',
    ),
  units: oneOf(['all', 'own'])
    .optional()
    .describe(
      'Of a device that tells of others too, such as the units of a parallel system: all as devices of their own (default), or only its own values, because the others have their own links.',
    ),
  replay: anyText('the path of a recording')
    .optional()
    .describe('A recording that is used instead of the device.'),
});

export type WrittenDevice = z.output<typeof device>;
