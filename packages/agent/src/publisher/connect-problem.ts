// Why there is no connection to the broker, in words for the person at the installation.

import { explainFailure, reasonCodeOf, speaksNoMqtt } from '@wattline/program';

/** version: the broker does not speak this one · refused: it answers, but not us · unreachable: no answer. */
type ConnectProblemCode = 'version' | 'refused' | 'unreachable';

export class ConnectProblem extends Error {
  readonly code: ConnectProblemCode;
  constructor(code: ConnectProblemCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** CONNACK of MQTT 3.1.1 (up to 5) and of MQTT 5. */
const unacceptableVersion: ReadonlySet<number> = new Set([1, 132]);

/** `broker` is host and port, never a password. */
export function explainConnect(error: unknown, broker: string): ConnectProblem {
  const reason = explainFailure(error, 'mqtt');
  const reasonCode = reasonCodeOf(error);
  if (reasonCode !== undefined) {
    if (unacceptableVersion.has(reasonCode)) {
      return new ConnectProblem(
        'version',
        `The broker ${broker} does not speak this version of MQTT.`,
        error,
      );
    }
    return new ConnectProblem('refused', `The broker ${broker} refuses the agent: ${reason}.`, error);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isAnswer = code === 'ECONNREFUSED' || speaksNoMqtt(error);
  return new ConnectProblem(
    isAnswer ? 'refused' : 'unreachable',
    `The broker ${broker} cannot be reached: ${reason}.`,
    error,
  );
}
