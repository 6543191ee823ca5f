// A JBD battery in bytes: the board, which answers requests for reading, and the Bluetooth module before it, which may
// want a password. It keeps what else it was sent, so that a test can see that nothing else came.

import { sum16 } from '@wattline/protocols';

export interface JbdState {
  readonly voltage: number;
  /** + charges. */
  readonly current: number;
  readonly remainingAh: number;
  readonly ratedAh: number;
  readonly cellVoltages: readonly number[];
  /** °C. */
  readonly temperatures: readonly number[];
}

export interface JbdBoard {
  /** Takes bytes of the host however they are cut; returns what is sent back, one frame each. */
  receive(bytes: Uint8Array): Uint8Array[];
  /** Frames that are no request for reading. */
  readonly strange: readonly string[];
}

const model = 'JBD-SP04S034-L4S-200A-B-U';

/** @param state is asked at each request */
export function createJbdBoard(state: () => JbdState): JbdBoard {
  let received = Buffer.alloc(0);
  const strange: string[] = [];
  const answer = (request: Buffer): Uint8Array => {
    const [, direction, register = 0] = request;
    const data = direction === 0xa5 ? dataOf(register, state()) : undefined;
    if (data !== undefined) return frame(register, 0x00, data);
    strange.push(request.toString('hex'));
    return frame(register, 0x80, Uint8Array.of());
  };
  return {
    strange,
    receive(bytes) {
      received = Buffer.concat([received, bytes]);
      const answers: Uint8Array[] = [];
      for (;;) {
        const start = received.indexOf(0xdd);
        received = start < 0 ? Buffer.alloc(0) : received.subarray(start);
        const used = (received[3] ?? Number.POSITIVE_INFINITY) + 7;
        if (received.length < used) return answers;
        answers.push(answer(received.subarray(0, used)));
        received = received.subarray(used);
      }
    },
  };
}

function frame(register: number, status: number, data: Uint8Array): Uint8Array {
  const body = Uint8Array.of(status, data.length, ...data);
  const sum = (0x10000 - sum16(body)) & 0xffff;
  return Uint8Array.of(0xdd, register, ...body, sum >> 8, sum & 0xff, 0x77);
}

function dataOf(register: number, state: JbdState): Uint8Array | undefined {
  switch (register) {
    case 0x03:
      return basicOf(state);
    case 0x04:
      return words(state.cellVoltages.map((voltage) => voltage * 1000));
    case 0x05:
      return Buffer.from(model);
    case 0xaa:
      return words(new Array<number>(12).fill(0));
    default:
      return undefined;
  }
}

function basicOf({
  voltage,
  current,
  remainingAh,
  ratedAh,
  cellVoltages,
  temperatures,
}: JbdState): Uint8Array {
  const date = (24 << 9) | (8 << 5) | 26;
  const charge = Math.round((100 * remainingAh) / ratedAh);
  return Buffer.concat([
    words([voltage * 100, current * 100, remainingAh * 100, ratedAh * 100, 2, date, 0, 0, 0]),
    Uint8Array.of(0x44, charge, 0x03, cellVoltages.length, temperatures.length),
    words(temperatures.map((celsius) => celsius * 10 + 2731)),
  ]);
}

/** 16 bits each, high byte first, negative ones in two's complement. */
function words(values: readonly number[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => [(Math.round(value) >> 8) & 0xff, Math.round(value) & 0xff]),
  );
}

export interface JbdModule extends Pick<JbdBoard, 'receive'> {
  /** The connection is new: nobody is logged in. */
  reset(): void;
}

/** What a module wants; looked at in each login, as an app may change it meanwhile. */
export interface JbdLogin {
  readonly address: string;
  readonly password: string;
  /** Default: the one that all modules share. */
  readonly appKey?: string;
  readonly random: () => number;
}

/** The module before a board; without a login it keeps the board's silence. */
export function createJbdModule(board: JbdBoard, login: JbdLogin): JbdModule {
  const mac = login.address.split(':').map((part) => Number.parseInt(part, 16));
  let last = 0;
  let isOpen = false;
  const verdict = (command: number, data: Uint8Array, secret: string): Uint8Array => {
    const expected = Array.from(
      secret,
      (letter, at) => (((mac[at] ?? 0) ^ letter.charCodeAt(0)) + last) & 0xff,
    );
    const fits = Buffer.compare(data, Uint8Array.from(expected)) === 0;
    if (fits && command === 0x18) isOpen = true;
    return moduleFrame(command, Uint8Array.of(fits ? 0 : 1));
  };
  const answer = (command: number, data: Uint8Array): Uint8Array[] => {
    switch (command) {
      case 0x15:
        return [
          moduleFrame(command, Uint8Array.of(Buffer.from(data).toString() === appKeyOf(login) ? 0 : 1)),
        ];
      case 0x17:
        last = login.random();
        return [moduleFrame(command, Uint8Array.of(last))];
      case 0x18:
        return [verdict(command, data, login.password)];
      case 0x1d:
        return [verdict(command, data, 'JBDbtpwd!@#2023')];
      default:
        return [];
    }
  };
  return {
    reset() {
      isOpen = false;
    },
    receive(bytes) {
      if (bytes[0] === 0xff && bytes[1] === 0xaa)
        return answer(bytes[2] ?? 0, bytes.subarray(4, 4 + (bytes[3] ?? 0)));
      return isOpen ? board.receive(bytes) : [];
    },
  };
}

const appKeyOf = ({ appKey = '000000' }: JbdLogin): string => appKey;

function moduleFrame(command: number, data: Uint8Array): Uint8Array {
  const body = Uint8Array.of(command, data.length, ...data);
  return Uint8Array.of(0xff, 0xaa, ...body, sum16(body) & 0xff);
}
