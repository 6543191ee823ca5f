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
import * as z from 'zod';
import { parseAdapter, parseHost } from './addresses.ts';
import { checkDevices } from './device-rules.ts';
import { device, name } from './device-schema.ts';
import { checkNight, parseDegrees, parseTimeOfDay, timeOfDayPattern } from './night-and-limits.ts';

const mqtt = z
  .strictObject({
    host: scalar({
      expected:
        'the name or address of the broker alone, such as data.example.org (its port is a key of its own)',
      parse: parseHost,
    })
      .optional()
      .describe('Name or address of the broker.'),
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
