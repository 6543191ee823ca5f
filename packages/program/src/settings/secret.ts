// A value that must not be seen: it prints as "(secret)" wherever a configuration is logged, dumped or serialised.

import { inspect } from 'node:util';

export interface Secret<Value = string> {
  readonly reveal: () => Value;
  readonly toJSON: () => string;
  readonly toString: () => string;
}

export const hiddenText = '(secret)';

export function makeSecret<Value>(value: Value): Secret<Value> {
  const hide = () => hiddenText;
  return Object.freeze({ reveal: () => value, toJSON: hide, toString: hide, [inspect.custom]: hide });
}

const sensitiveKeys: ReadonlySet<string> = new Set([
  'key',
  'password',
  'token',
  'pin',
  'encryptionkey',
  'webhook',
]);

/** Keys whose values are never printed, wherever they stand. */
export const isSensitiveKey = (key: string | number | undefined): boolean =>
  typeof key === 'string' && sensitiveKeys.has(key.toLowerCase());
