// JBD: the password of newer Bluetooth modules. The module lies before the board and answers frames `FF AA` itself; older
// ones have no such layer and never answer them.
//
//   probe → app key → random → password → random → root → ready      mixed = ((address ^ password) + random) mod 256
//
// syssi/esphome-jbd-bms docs/ffaa-auth-flow. What implementations disagree on: the app key is constant and the user's
// password goes into 18; a new random byte before the root step is always accepted; reading works without root.

import type { Contact } from '../../device.ts';
import { askJbdModule, isJbdEcho, jbdModuleCommands, jbdNeedsPairing, readJbd } from '../../framing/jbd.ts';
import { type Exchange, ProtocolError, type Session } from '../../session.ts';

const text = new TextEncoder();
const appKey = text.encode('000000');
const rootPassword = text.encode('JBDbtpwd!@#2023');
export const jbdPasswordCharacters = 6;

const accepted = 0x00;
const refused = 0x01;
const hasNoPassword = 0x02;

/** @throws ProtocolError `key` when the module refuses or lacks the password, `silent` when it does not answer. */
export function* login({ medium, address, secret }: Contact): Session<void> {
  if (medium !== 'gatt' || (yield* isOpen(secret !== undefined))) return undefined;
  const [verdict] = yield { ...askJbdModule(jbdModuleCommands.appKey, appKey), tries: 2 };
  if (verdict === hasNoPassword) return undefined;
  if (verdict !== accepted) throw new ProtocolError('key', appKeyChanged);
  if (secret === undefined) throw new ProtocolError('key', missing);
  const random = yield* randomByte(undefined);
  const mixed = mixJbdPassword(secret, address, random);
  const [answer] = yield askJbdModule(jbdModuleCommands.password, mixed);
  if (answer === refused) throw new ProtocolError('key', wrong);
  if (answer !== accepted)
    throw new ProtocolError(
      'corrupt',
      `the module answers the password with ${answer ?? 'nothing'}, neither yes nor no`,
    );
  yield* showRoot(address, random);
  return undefined;
}

const appKeyChanged =
  'the module refuses the app key 000000 that all of them share: its app changed it, and must clear it again; no setting helps';
const missing =
  'password: missing; the module asks for the one that was set in the app (000000 or 123456 when nobody set one)';
const wrong =
  'password: the module refuses it; it is the one that was set in the app (000000 or 123456 when nobody set one)';

/** Whether the board answers without a login. With a password at hand one unanswered question is enough. */
function* isOpen(hasPassword: boolean): Session<boolean> {
  const basic = readJbd(0x03);
  const probe: Exchange = {
    ...basic,
    tries: hasPassword ? 1 : 3,
    take: (received) => {
      if (received[0] === 0xdd && isJbdEcho(received)) throw new ProtocolError('key', jbdNeedsPairing);
      return basic.take(received);
    },
  };
  try {
    yield probe;
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === 'key') throw error;
    return error.code === 'refused';
  }
}

/**
 * The module goes by its last random byte. Asked again it may still send the one before, and the right password mixed with
 * that is refused; a new connection begins anew.
 */
const onlyOnce = { tries: 1 } as const;

/** @param last what to go on with when the module does not answer; without it that is an error */
function* randomByte(last: number | undefined): Session<number> {
  try {
    const [random] = yield { ...askJbdModule(jbdModuleCommands.random), ...onlyOnce };
    if (random !== undefined) return random;
  } catch (error) {
    if (last === undefined || !(error instanceof ProtocolError)) throw error;
  }
  if (last === undefined) throw new ProtocolError('corrupt', 'the module answers without the random byte');
  return last;
}

/** Some modules read only after it; one that refuses it is still read. */
function* showRoot(address: string | undefined, last: number): Session<void> {
  const random = yield* randomByte(last);
  try {
    yield askJbdModule(jbdModuleCommands.root, mixJbdPassword(rootPassword, address, random));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

/** What is sent instead of a password. The address counts as it is displayed, for the first six characters. */
export function mixJbdPassword(
  password: Uint8Array,
  address: string | undefined,
  random: number,
): Uint8Array {
  const bytes = (address ?? '').split(':').map((part) => Number.parseInt(part, 16));
  return password.map((character, index) => ((bytes[index] ?? 0) ^ character) + random);
}
