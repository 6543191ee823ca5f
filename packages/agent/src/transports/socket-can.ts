// A CAN interface of the kernel, read by candump of the can-utils. Bit rate and listening only are the interface's.

import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isCandumpError, parseCandump } from '@wattline/protocols';
import { type Moment, type Receiver, TransportError } from '../transport.ts';
import { createPacketBuffer } from './packet-buffer.ts';

interface SocketCanOptions {
  /** `can0`. */
  readonly name: string;
  /** For the advice how to bring the interface up; default: the usual one of batteries. */
  readonly bitRate?: number;
  readonly now: () => Moment;
  /** Where the machine's /sys is, "/" but in tests. */
  readonly root?: string;
  /** "candump" but in tests. */
  readonly program?: string;
}

type Candump = ChildProcessByStdio<null, Readable, Readable>;

const bitRateDefault = 500_000;
const canInterfaceType = 280;
const upFlag = 1;
const saidMax = 500;
/** In a row, without a frame: a bus that is only disturbed lets some through. */
const errorsMax = 50;

export function socketCanReceiver(options: SocketCanOptions): Receiver {
  const counts = { packets: 0, dropped: 0, malformed: 0, errors: 0 };
  const { name, now } = options;
  return {
    counters: () => counts,
    async *packets(signal) {
      const buffer = createPacketBuffer(() => counts.dropped++);
      if (signal.aborted) return;
      checkInterface(options);
      // Before the start: whoever waits for anything behind it may miss the end.
      const { createInterface } = await import('node:readline');
      const child = await startCandump(options);
      let said = '';
      let errorsInRow = 0;
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-saidMax);
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        const lost = /^DROPCOUNT: dropped (\d+)/.exec(line);
        const frame = parseCandump(line)?.frame;
        if (lost !== null) counts.dropped += Number(lost[1]);
        else if (isCandumpError(line)) {
          counts.errors++;
          if (++errorsInRow === errorsMax) buffer.fail(onlyErrors(options));
        } else if (frame === undefined) counts.malformed++;
        else {
          counts.packets++;
          errorsInRow = 0;
          buffer.push({ source: frame.id, payload: frame.data, address: '', rssi: 0, moment: now() });
        }
      });
      const ended = once(child, 'close').then(() => {
        const reason = said.trim().split('\n').at(-1) ?? '';
        buffer.fail(
          new TransportError('lost', `the CAN interface ${name} is gone or down${reason && `: ${reason}`}`),
        );
      });
      try {
        yield* buffer.drain(signal);
      } finally {
        child.kill();
        await ended;
      }
    },
  };
}

/** The CAN interfaces of this machine, up or down. */
export function listCanInterfaces(root = '/'): readonly string[] {
  const folder = join(root, 'sys/class/net');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => Number(readText(join(folder, name, 'type'))) === canInterfaceType).sort();
}

const onlyErrors = ({ name, bitRate = bitRateDefault }: SocketCanOptions): TransportError =>
  new TransportError(
    'unusable',
    `only errors come from the CAN interface ${name}: is it at another bit rate than the bus, or are CAN-H and CAN-L crossed? "ip -details link show ${name}" tells its bit rate, batteries of this definition use ${bitRate}: "sudo ip link set ${name} down && sudo ip link set ${name} up type can bitrate ${bitRate} listen-only on"`,
  );

/** `-L` one line a frame, `-d` tells frames that the kernel dropped, the mask adds errors. It only reads. */
async function startCandump({ name, program = 'candump' }: SocketCanOptions): Promise<Candump> {
  const { spawn } = await import('node:child_process');
  const child = spawn(program, ['-L', '-d', `${name},#FFFFFFFF`], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    await once(child, 'spawn');
    return child;
  } catch (error) {
    throw new TransportError(
      'unusable',
      `${name} cannot be read without candump: "sudo apt install can-utils" brings it (${(error as Error).message})`,
    );
  }
}

/** candump tells little about why it does not start. @throws TransportError */
function checkInterface({ name, bitRate = bitRateDefault, root = '/' }: SocketCanOptions): void {
  const about = (what: string): string | undefined => readText(join(root, 'sys/class/net', name, what));
  const type = about('type');
  if (type === undefined) {
    throw new TransportError(
      'absent',
      `there is no CAN interface ${name}: is the adapter plugged in, or the HAT's overlay in the boot configuration? "ip -brief link" shows the interfaces`,
    );
  }
  if (Number(type) !== canInterfaceType)
    throw new TransportError('unusable', `${name} is a network interface, but none of a CAN bus`);
  if ((Number(about('flags')) & upFlag) === 0) {
    throw new TransportError(
      'unusable',
      `the CAN interface ${name} is down: "sudo ip link set ${name} up type can bitrate ${bitRate} listen-only on" brings it up`,
    );
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
