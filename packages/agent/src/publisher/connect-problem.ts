// Why there is no connection to the broker, in words for the person at the installation.

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
const credentials: ReadonlySet<number> = new Set([4, 5, 134, 135]);

const advice: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there; is the broker running, and are host and port right?',
  ENOTFOUND: 'the name is not known; is the network up, and is the host right?',
  EAI_AGAIN: 'the name could not be looked up; is the network up?',
  EHOSTUNREACH: 'there is no way to that address; is the network up?',
  ENETUNREACH: 'there is no way to that address; is the network up?',
  ECONNRESET: 'the connection was cut while it was being made; is this the right port, with or without TLS?',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is this machine's clock right?",
  CERT_HAS_EXPIRED: "its certificate has expired; is this machine's clock right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known here; set mqtt.ca to its authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here; set mqtt.ca to its certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here; set mqtt.ca to its certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here; set mqtt.ca to its certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; use the name it was made for as host',
};

/** The broker's own reason for its no. By the error's name, because its class would load all of MQTT.js. */
export const reasonCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && error.name === 'ErrorWithReasonCode' && 'code' in error
    ? Number(error.code)
    : undefined;

/** `broker` is host and port, never a password. */
export function explainConnect(error: unknown, broker: string): ConnectProblem {
  const reason = error instanceof Error ? error.message : String(error);
  const reasonCode = reasonCodeOf(error);
  if (reasonCode !== undefined) {
    if (unacceptableVersion.has(reasonCode)) {
      return new ConnectProblem(
        'version',
        `The broker ${broker} does not speak this version of MQTT.`,
        error,
      );
    }
    const hint = credentials.has(reasonCode) ? '; check mqtt.username and mqtt.password' : '';
    return new ConnectProblem('refused', `The broker ${broker} refuses the agent (${reason})${hint}.`, error);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = advice[code];
  const text = known === undefined ? reason : `${known} (${code})`;
  const isAnswer = code === 'ECONNREFUSED';
  return new ConnectProblem(
    isAnswer ? 'refused' : 'unreachable',
    `The broker ${broker} cannot be reached: ${text}.`,
    error,
  );
}
