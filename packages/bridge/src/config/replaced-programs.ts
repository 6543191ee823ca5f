// `replaced_programs` of bridge.yml.

import { oneOf, text } from '@wattline/program';
import { flomaetschkeTypes } from '@wattline/protocols';
import * as z from 'zod';
import type { ReplacedPrograms } from '../ingest/replaced.ts';
import { nameText } from './sink-schema.ts';
import { topicFilter } from './site-values.ts';

export const replacedPrograms = z
  .strictObject({
    victron_devices: z
      .record(
        text({ expected: 'the name of a device', pattern: /^[^/+#\0]{1,64}$/ }),
        oneOf(flomaetschkeTypes),
      )
      .prefault({})
      .describe("FloMaetschke's devices: name: type, as that program's config.yml has them."),
    qpigs_topics: z
      .record(topicFilter(), nameText())
      .prefault({})
      .describe(
        'Topics on which an Axpert logger publishes the bare answer to QPIGS: topic: name of the inverter.',
      ),
  })
  .prefault({})
  .describe("What the replaced programs' messages do not say of themselves.");

export const toReplacedPrograms = (
  { victron_devices, qpigs_topics }: z.output<typeof replacedPrograms>,
  timeZone: string,
): ReplacedPrograms => ({
  victronDevices: new Map(Object.entries(victron_devices)),
  qpigsTopics: new Map(Object.entries(qpigs_topics)),
  timeZone,
});
