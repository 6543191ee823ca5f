// A small configuration of every shape, and what is read from a text of it.

import { z } from 'zod';
import {
  anyText,
  ConfigurationError,
  durationMs,
  type Environment,
  evenIfRefused,
  oneOf,
  readSettings,
  type SettingsSource,
  secretText,
  wholeNumber,
  yesOrNo,
} from '../src/index.ts';

export const schema = z.strictObject({
  mqtt: z.strictObject({
    host: anyText('the name of the broker'),
    port: wholeNumber(1, 65_535).prefault('1883'),
    version: oneOf(['auto', '5', '3.1.1']).prefault('auto'),
    password: secretText('a password').optional(),
  }),
  retain: yesOrNo().prefault('false'),
  deadline: durationMs().prefault('60s'),
  devices: z
    .array(z.strictObject({ name: anyText(), key: secretText('a key').optional() }))
    .superRefine((devices, context) => {
      if (devices.length > 2) context.addIssue({ code: 'custom', path: [2], message: 'one too many' });
    }, evenIfRefused.onList)
    .prefault([]),
});

/** A reference to a variable of the environment, as a person writes it. */
export const variable = (name: string): string => `\${${name}}`;

export type Output = z.output<typeof schema>;

export const read = (
  text: string,
  environment: Environment = {},
  more: Partial<SettingsSource<Output>> = {},
) =>
  readSettings<Output>({
    text: { file: 'agent.yml', text },
    environment,
    readSecrets: () => {
      throw new Error('nobody asked for secrets');
    },
    schema,
    ...more,
  });

/** All lines of the error. */
export function problems(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('no problem was found');
}
