// The alerts of bridge.yml: where the troubles of devices are told, and which.

import { durationMs, evenIfRefused, makeSecret, oneOf, type Secret, scalar } from '@wattline/program';
import * as z from 'zod';
import { alertLevels } from '../alerts/alert.ts';

/** Levels of a topic, without wildcards, and no `/` at either end. */
const topicPattern = /^[^+#\0/][^+#\0]{0,254}(?<!\/)$/;

const topic = () =>
  scalar({
    expected: 'a topic without wildcards such as wattline/bridge/alerts',
    parse: (written) => (topicPattern.test(written) ? written : undefined),
  });

/** The path of a webhook often is its password. */
const secretUrl = () =>
  scalar<Secret<URL>>({
    expected: 'a URL such as https://hooks.example.org/solar',
    parse: (written) => {
      const parsed = URL.parse(written);
      if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) return undefined;
      if (parsed.username !== '' || parsed.password !== '') {
        return {
          refused:
            'expected a URL without user and password: what it takes to be let in goes in its path or query',
        };
      }
      return makeSecret(parsed);
    },
  });

export const alerts = z
  .strictObject({
    mqtt: topic().optional().describe('Topic below which alerts are published, as TOPIC/DEVICE/CODE.'),
    webhook: secretUrl().optional().describe('URL to which alerts are posted as JSON; never printed.'),
    hold: durationMs({ min: '0s', max: '30d' })
      .prefault('5m')
      .describe('How long a trouble must last before it is told, and be over before its end is.'),
    levels: z
      .array(oneOf(alertLevels))
      .min(1, { error: 'a list of at least one level' })
      .prefault(['warning', 'alarm', 'lost'])
      .describe('Which troubles are told: warning and alarm as devices say them, late and lost devices.'),
  })
  .superRefine(({ mqtt, webhook }, context) => {
    if (mqtt !== undefined || webhook !== undefined) return;
    context.addIssue({ code: 'custom', message: 'expected mqtt, webhook, or both: else nobody is told' });
  }, evenIfRefused.onMap)
  .optional()
  .describe('Tells troubles of devices to others: once when one began, once when it ended.');
