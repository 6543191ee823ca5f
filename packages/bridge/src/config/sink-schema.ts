// Sinks of bridge.yml as a person writes them. The descriptions are the help in editors.

import {
  anyText,
  durationMs,
  evenIfRefused,
  isMapping,
  oneOf,
  secretText,
  text,
  url,
  yesOrNo,
} from '@wattline/program';
import { namePattern } from '@wattline/protocols';
import * as z from 'zod';

export const nameText = () => text({ expected: '1 to 64 of A-Z a-z 0-9 _ . -', pattern: namePattern });

/** Of every sink. */
const ofAll = {
  name: nameText().describe('Name of the sink, unique here.'),
  from: oneOf(['now', 'beginning'])
    .prefault('now')
    .describe(
      'Where a sink that is new begins: with what comes from now on, or with all that is still kept.',
    ),
};

const httpUrl = () =>
  url({ protocols: ['http', 'https'], example: 'http://127.0.0.1:8086' }).describe('Where it is reached.');

const influxdb2 = z.strictObject({
  ...ofAll,
  type: z.literal('influxdb2').describe('InfluxDB 2.'),
  url: httpUrl(),
  org: anyText('the name of an organisation').describe('Organisation in InfluxDB.'),
  bucket: anyText('the name of a bucket')
    .prefault('wattline')
    .describe('Bucket of the raw readings; those of the tiers add _2m, _5m and so on.'),
  token: secretText('a token that may write').optional().describe('Token that may write to the buckets.'),
  token_file: anyText('the path of a file')
    .optional()
    .describe('File that holds the token and nothing else, instead of token.'),
  create_buckets: yesOrNo()
    .prefault('true')
    .describe('Whether missing buckets are made, and those that were made follow a changed keep.'),
});

const influxdb1 = z.strictObject({
  ...ofAll,
  type: z.literal('influxdb1').describe('InfluxDB 1, or what speaks its /write and /query.'),
  url: httpUrl(),
  database: anyText('the name of a database')
    .prefault('wattline')
    .describe('Database; raw readings go to its retention policy raw, the tiers to 2m, 5m and so on.'),
  username: anyText().optional().describe('User, where InfluxDB asks for one.'),
  password: secretText('the password of that user').optional().describe('Password of that user.'),
  create_policies: yesOrNo()
    .prefault('true')
    .describe('Whether a missing database and missing policies are made, and follow a changed keep.'),
});

const files = {
  ...ofAll,
  path: anyText('the path of a folder').describe('Folder of the files; a folder a device is made in it.'),
  keep: durationMs({ min: '1d', forever: true })
    .prefault('forever')
    .describe('How long the file of a day is kept after it.'),
  compress: yesOrNo().prefault('true').describe('Whether the files of finished days are compressed (.gz).'),
};
const csv = z.strictObject({
  ...files,
  type: z.literal('csv').describe('A CSV file a device and day of the site, of the raw readings.'),
});
const jsonl = z.strictObject({
  ...files,
  type: z
    .literal('jsonl')
    .describe('A file of JSON lines a device and day of the site, of the raw readings.'),
});

export const sinks = z
  .array(z.discriminatedUnion('type', [influxdb2, influxdb1, csv, jsonl]))
  .superRefine((list, context) => {
    list.forEach((sink, index) => {
      if (!isMapping(sink)) return;
      const refuse = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: [index, key], message });
      const own: unknown = sink.name;
      const first = list.findIndex((other) => other?.name === own);
      if (typeof own === 'string' && first !== index)
        refuse('name', `this is the name of sinks[${first}] already`);
      if (sink.type === 'influxdb2' && (sink.token === undefined) === (sink.token_file === undefined)) {
        const found = sink.token === undefined ? 'found neither' : 'found both';
        refuse('token', `expected either token or token_file, ${found}`);
      }
      if (sink.type === 'influxdb1' && sink.password !== undefined && sink.username === undefined)
        refuse('password', 'a password without username');
    });
  }, evenIfRefused.onList)
  .prefault([])
  .describe('Databases and files that get every reading; databases get every tier too.');

export type WrittenSink = z.output<typeof sinks>[number];
