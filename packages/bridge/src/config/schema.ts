// bridge.yml as a person writes it. The descriptions are the help in editors.

import {
  anyText,
  durationMs,
  evenIfRefused,
  hostPort,
  isMapping,
  oneOf,
  secretText,
  sizeBytes,
  text,
  url,
  wholeNumber,
  yesOrNo,
} from '@wattline/program';
import * as z from 'zod';
import { everySeconds, type presets } from '../tiers/tier.ts';
import { alerts } from './alerts.ts';
import { replacedPrograms } from './replaced-programs.ts';
import { nameText, sinks } from './sink-schema.ts';
import { timeZone, topicFilter, windowOf } from './site-values.ts';

const externalOnly = ['username', 'password', 'client_id', 'group', 'ca'] as const;

const tls = () =>
  z
    .strictObject({
      cert: anyText('the path of a file').describe(
        'File with the certificate and those that vouch for it (PEM).',
      ),
      key: anyText('the path of a file').describe('File with its private key (PEM).'),
    })
    .optional()
    .describe('TLS. A renewed certificate is read without a restart.');

const limits = z
  .strictObject({
    message: sizeBytes({ min: '64KiB', max: '255MiB' })
      .prefault('4MiB')
      .describe('Largest message; a larger one ends its connection. Above 256KiB it is set aside, not read.'),
    rate: wholeNumber(1, 1_000_000)
      .prefault('20000')
      .describe('Messages a second of one client; a faster one is slowed down.'),
    connections: wholeNumber(1, 100_000).prefault('500').describe('Connections at one time.'),
    pending: wholeNumber(100, 100_000)
      .prefault('4000')
      .describe('Messages that wait for the disk; beyond it nobody new is let in.'),
  })
  .prefault({})
  .describe('Bounds of the embedded broker.');

const broker = z
  .strictObject({
    listen: hostPort()
      .optional()
      .describe('Where the embedded broker listens; default: 127.0.0.1:1883, if there is no url.'),
    tls: tls(),
    limits,
    url: url({ protocols: ['mqtt', 'mqtts'], example: 'mqtt://127.0.0.1:1883' })
      .optional()
      .describe('A broker of its own instead of the embedded one: mqtt://… or, with TLS, mqtts://…'),
    username: anyText().optional().describe('User at that broker.'),
    password: secretText('the password of that user').optional().describe('Password at that broker.'),
    client_id: anyText()
      .optional()
      .describe('Name of the session at that broker; default: wattline-bridge- and the host name.'),
    group: nameText().optional().describe('Shared subscription: several bridges divide the readings.'),
    ca: anyText('the path of a file of certificates')
      .optional()
      .describe('File with the certificate authorities to trust (PEM).'),
  })
  .superRefine((written, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (written.url !== undefined && written.listen !== undefined) {
      refuse('url', 'expected either listen (the embedded broker) or url (another one), found both');
    }
    if (written.url !== undefined && written.tls !== undefined)
      refuse('tls', 'only for the embedded broker (listen); for the one at url it is ca');
    for (const key of externalOnly) {
      if (written.url === undefined && written[key] !== undefined) {
        refuse(key, 'only for a broker at url; the embedded one has no such key');
      }
    }
    if (written.password !== undefined && written.username === undefined && written.url !== undefined) {
      refuse('password', 'a password without username');
    }
  }, evenIfRefused.onMap)
  .prefault({})
  .describe('The broker from which readings come: embedded (listen) or one of its own (url).');

const tiers = z
  .array(
    z.strictObject({
      every: windowOf().describe('Length of a window; 1d: days of the time zone of the site.'),
      keep: durationMs({ min: '1m', forever: true }).describe('How long its values are kept.'),
    }),
  )
  .superRefine((list, context) => {
    list.forEach((tier, index) => {
      if (!isMapping(tier)) return;
      const refuse = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: [index, key], message });
      const seconds = everySeconds(tier.every);
      const before = list[index - 1];
      if (isMapping(before) && everySeconds(before.every) >= seconds) {
        refuse('every', 'tiers stand from the shortest window to the longest, each once');
      }
      if (tier.keep < seconds * 1000) refuse('keep', 'a window is kept at least as long as it lasts');
    });
  }, evenIfRefused.onList);

const store = z
  .strictObject({
    path: anyText('the path of a folder')
      .optional()
      .describe("Folder of the store; default: the service's or the user's state folder."),
    preset: oneOf(['server', 'pi'])
      .prefault('server')
      .describe('Defaults for a server, or for a Pi: raw readings for 24 h, at most 4 GiB.'),
    max_size: sizeBytes({ min: '64MiB' })
      .optional()
      .describe('Size at which the oldest raw readings go; default: 20GiB, on a Pi 4GiB.'),
    raw: durationMs({ min: '1h' })
      .optional()
      .describe('How long raw readings are kept; default: 7d, on a Pi 1d.'),
    tiers: tiers
      .optional()
      .describe('Coarser history; default: 2m for 7d, 5m for 30d, 30m for 1y, 2h for 10y, 1d forever.'),
  })
  .prefault({})
  .describe('What is kept on this machine.');

const web = z
  .strictObject({
    listen: hostPort().prefault('127.0.0.1:9999').describe('Where the page and the HTTP interface listen.'),
    hosts: z
      .array(text({ expected: 'a host name', pattern: /^[A-Za-z0-9_.-]{1,253}$/ }))
      .prefault([])
      .describe('Names the page answers to beside localhost.'),
    tls: tls(),
  })
  .prefault({})
  .describe('The web page.');

const site = z
  .strictObject({
    name: text({ expected: '1 to 64 characters', pattern: /^\S(?:.{0,62}\S)?$/ })
      .optional()
      .describe("Title of the page; default: the machine's host name."),
    timezone: timeZone().optional().describe("IANA name, for local days; default: the machine's."),
  })
  .prefault({})
  .describe('The site as a whole.');

export const bridgeSchema = z
  .strictObject({
    broker,
    topics: z
      .array(topicFilter())
      .min(1, { error: 'a list of at least one topic filter' })
      .optional()
      .describe(
        "MQTT topics to store; default: the vendors' words, the agents' states, the replaced programs' topics.",
      ),
    store,
    sinks,
    web,
    site,
    alerts,
    replaced_programs: replacedPrograms,
    allow_anonymous: yesOrNo()
      .prefault('false')
      .describe('Lets whoever reaches broker and page use them without a user, beyond this machine too.'),
  })
  .meta({ title: 'wattline-bridge', description: 'Configuration of wattline-bridge.' });

export type WrittenBridge = z.output<typeof bridgeSchema>;

/** The default size belongs to the preset, as the default retention does. */
export const presetSizes = { server: '20GiB', pi: '4GiB' } as const satisfies {
  readonly [preset in keyof typeof presets]: string;
};
