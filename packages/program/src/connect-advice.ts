// What a person can do about a broker that does not let a program in, by the code of the failure.

/** CONNACK of MQTT 3.1.1 and of MQTT 5: user and password are not what the broker wants. */
const credentials: ReadonlySet<number> = new Set([4, 5, 134, 135]);

/** `%` stands for the part of the configuration that tells of the broker. */
const advice: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there; is the broker running, and are host and port right?',
  ENOTFOUND: 'the name is not known; is the network up, and is the host right?',
  EAI_AGAIN: 'the name could not be looked up; is the network up?',
  EHOSTUNREACH: 'there is no way to that address; is the network up?',
  ENETUNREACH: 'there is no way to that address; is the network up?',
  ECONNRESET: 'the connection was cut while it was being made; is this the right port, with or without TLS?',
  EPROTO: 'no TLS could be agreed on with what answers there; is this the right port, with or without TLS?',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is this machine's clock right?",
  CERT_HAS_EXPIRED: "its certificate has expired; is this machine's clock right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by nobody known here; set %.ca to its authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here; set %.ca to its certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here; set %.ca to its certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here; set %.ca to its certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; use the name it was made for as host',
};

/** The broker's own reason for its no. By the error's name, because its class would load all of MQTT.js. */
export const reasonCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && error.name === 'ErrorWithReasonCode' && 'code' in error
    ? Number(error.code)
    : undefined;

/** A broker that hangs up on a stranger gives no other sign: a port with TLS does on who speaks none. */
export const endedEarly =
  'it ended the connection before it let us in; see whether this is the right port, with or without TLS';

/** What the parser of MQTT.js, whose errors have no code, says of bytes that are none. */
const parserWords = /^(Invalid|Cannot parse|Malformed|Packet|Not supported)\b/;

/** Something else than a broker answers: a web server, for one. */
export const speaksNoMqtt = (error: unknown): boolean =>
  error instanceof Error && !('code' in error) && parserWords.test(error.message);

/** Why a connection was not made. @param key where the broker stands in the configuration: `mqtt`, `broker` */
export function explainFailure(error: unknown, key: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  const reasonCode = reasonCodeOf(error);
  if (reasonCode !== undefined && credentials.has(reasonCode))
    return `${reason}; check ${key}.username and ${key}.password`;
  if (speaksNoMqtt(error)) return `what answers there speaks no MQTT; are host and port right? (${reason})`;
  if (reason === 'connack timeout')
    return 'it does not answer; see whether a broker is at this host and port';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = advice[code]?.replace('%', key);
  if (known !== undefined) return `${known} (${code})`;
  return reason === '' ? code || 'connection failed' : reason;
}
