// agent.yml as a person writes it. The descriptions are the help in editors.

import {
  anyText,
  durationMs,
  evenIfRefused,
  oneOf,
  scalar,
  secretText,
  sizeBytes,
  text,
  url,
  wholeNumber,
  yesOrNo,
} from '@wattline/program';
import { definitions, namePattern } from '@wattline/protocols';
import * as z from 'zod';
import { parseAdapter, parseAddress } from './addresses.ts';
import { parseBitRate, portPattern } from './bus-rules.ts';
import { checkDevices } from './device-rules.ts';
import {
  checkNight,
  parseDegrees,
  parseFactor,
  parseLimits,
  parseTimeOfDay,
  timeOfDayPattern,
} from './night-and-limits.ts';

const name = () => text({ expected: '1 to 64 of A-Z a-z 0-9 _ . -', pattern: namePattern });

const mqtt = z
  .strictObject({
    host: anyText('the name or address of the broker').optional().describe('Name or address of the broker.'),
    port: wholeNumber(1, 65_535)
      .optional()
      .describe('Port of the broker; 1883, or 8883 with TLS, when it is not given.'),
    url: url({ protocols: ['mqtt', 'mqtts'], example: 'mqtts://data.example.org:8883' })
      .optional()
      .describe('Instead of host and port: mqtt://… or, with TLS, mqtts://…'),
    ca: anyText('the path of a file of certificates')
      .optional()
      .describe('File with the certificate authorities to trust (PEM); turns TLS on.'),
    version: oneOf(['auto', '5', '3.1.1'])
      .prefault('auto')
      .describe(
        'MQTT version; auto tries 5, then 3.1.1. Only 5 tells that an access list refused a reading.',
      ),
    retain: yesOrNo()
      .prefault('false')
      .describe('Whether the broker keeps the newest reading of each device.'),
    username: anyText().optional().describe('User at the broker.'),
    password: secretText('the password of that user').optional().describe('Password at the broker.'),
    base_topic: text({ expected: 'one topic level, without / + #', pattern: /^[^/+#\s]+$/ })
      .prefault('victron')
      .describe("First topic level of Victron devices; others use their vendor's word."),
  })
  .superRefine((written, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (written.host === undefined && written.url === undefined) {
      refuse('host', 'missing; expected the name or address of the broker (or url)');
    }
    if (written.url !== undefined && written.host !== undefined) {
      refuse('url', 'expected either host or url, found both');
    }
    if (written.url !== undefined && written.port !== undefined) {
      refuse('port', 'beside url there is no port: it is part of the url');
    }
    if (written.password !== undefined && written.username === undefined) {
      refuse('password', 'a password without username');
    }
  }, evenIfRefused.onMap)
  .prefault({})
  .describe('The broker to which readings go.');

const outbox = z
  .strictObject({
    path: anyText('the path of a folder')
      .optional()
      .describe("Folder for what waits; default: outbox in the service's or the user's state folder."),
    max_size: sizeBytes({ min: '64KiB' })
      .prefault('64MiB')
      .describe('Beyond it the oldest readings are given up.'),
    max_age: durationMs({ min: '1h' }).prefault('90d').describe('Older readings are given up.'),
  })
  .prefault({})
  .describe('Where readings wait while the broker cannot be reached.');

const bluetooth = z
  .strictObject({
    adapter: scalar({
      expected: "an adapter's address (AA:BB:CC:DD:EE:FF), hci0, tcp:host:port or uart:/dev/…",
      parse: parseAdapter,
    })
      .optional()
      .describe("The radio: the adapter's address (stays the same), hciN, tcp:host:port or uart:/path."),
    access: oneOf(['auto', 'user-channel', 'dbus'])
      .prefault('auto')
      .describe(
        'How the adapter is reached: user-channel (without BlueZ), dbus (through BlueZ, which bonded devices need); auto: by what the devices and the machine ask for.',
      ),
    library: oneOf(['stoprocent', 'abandonware'])
      .prefault('stoprocent')
      .describe(
        'The Bluetooth library; abandonware only hears broadcasts, and is yours to install (sudo npm install --global @abandonware/noble).',
      ),
  })
  .prefault({})
  .describe('The radio that hears broadcasting devices.');

const timeOfDay = () =>
  scalar({
    expected: 'a time of day such as 21:30',
    parse: parseTimeOfDay,
    jsonSchema: { type: 'string', pattern: timeOfDayPattern.source },
  });

const degrees = (most: number) =>
  scalar({
    expected: `degrees, from -${most} to ${most}`,
    parse: (written) => parseDegrees(written, most),
    jsonSchema: { type: ['number', 'string'] },
  });

const night = z
  .strictObject({
    from: timeOfDay().optional().describe('When it begins, by the clock of this machine: "21:30".'),
    to: timeOfDay().optional().describe('When it ends: "05:00".'),
    latitude: degrees(90).optional().describe('By the sun at this place instead; north is positive.'),
    longitude: degrees(180).optional().describe('East is positive.'),
  })
  .superRefine(checkNight, evenIfRefused.onMap);

const device = z.strictObject({
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
    jsonSchema: { enum: ['500k', '250k', '125k', '100k', '50k'] },
    words: ['500k', '250k', '125k', '100k', '50k'],
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

export const agentSchema = z
  .strictObject({
    agent: name().optional().describe("Name of this agent; default: the machine's host name."),
    site: text({ expected: '1 to 64 characters', pattern: /^\S(?:.{0,62}\S)?$/ })
      .optional()
      .describe('Name of the site: a tag on every reading.'),
    mqtt,
    home_assistant: yesOrNo().prefault('false').describe('Announce devices and values to Home Assistant.'),
    outbox,
    bluetooth,
    night: night
      .optional()
      .describe('When devices are asked at their night_interval; default: from 21:00 to 05:00.'),
    deadline: durationMs({ max: '1d' }).prefault('60s').describe('How long once may take.'),
    wake: z
      .strictObject({
        every: durationMs({ max: '7d' }).describe(
          'How often something starts once (cron, a timer, Witty Pi).',
        ),
      })
      .optional()
      .describe('For an agent that does not run all the time.'),
    devices: z
      .array(device)
      .superRefine(
        (devices, context) => checkDevices(devices, (issue) => context.addIssue(issue)),
        evenIfRefused.onList,
      )
      .prefault([])
      .describe('The devices to read.'),
  })
  .meta({ title: 'wattline-agent', description: 'Configuration of wattline-agent.' });

export type WrittenAgent = z.output<typeof agentSchema>;
