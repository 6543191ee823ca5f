// A JBD battery at the other end of a link that a test holds, in virtual time.

import { type DeviceDefinition, definitions } from '@wattline/protocols';
import { createJbdBoard, createJbdModule, type JbdState } from '../../simulator/src/devices/jbd.ts';
import type { ReadDevice, Trouble } from '../src/reading/device.ts';
import { askUnlessReleased, type ReleasedOptions } from '../src/reading/release.ts';
import { type Connect, TransportError } from '../src/transport.ts';
import { createChunkBuffer } from '../src/transports/chunk-buffer.ts';
import { settle, virtualTime } from './virtual-time.ts';

export const jbd = definitions.find(({ id }) => id === 'jbd') as DeviceDefinition;
export const onCable: ReadDevice = { name: 'bank', definition: jbd, port: '/dev/ttyBMS', intervalMs: 10_000 };
export const password = '123123';
export const onAir: ReadDevice = {
  ...{ name: 'bank', definition: jbd, address: 'A4:C1:37:04:2D:BE', intervalMs: 10_000 },
  secret: new TextEncoder().encode(password),
};

/** What happens to a request instead of its answer. `undefined`: nothing happens to it. */
export type Fault = (
  request: Uint8Array,
  answers: readonly Uint8Array[],
) => readonly Uint8Array[] | undefined;

/** @param device over the air it wants the password */
export function battery(device: ReadDevice = onCable, more: Partial<ReleasedOptions> = {}) {
  const time = virtualTime();
  const stop = new AbortController();
  const readings: {
    values: { readonly [field: string]: unknown };
    measuredMs: number;
    atMs: number;
    model: string;
  }[] = [];
  const troubles: (Trouble & { atMs: number })[] = [];
  const written: string[] = [];
  const connectedMs: number[] = [];
  let state: JbdState = {
    ...{ voltage: 13.34, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  };
  const board = createJbdBoard(() => state);
  const module = createJbdModule(board, { address: onAir.address ?? '', password, random: () => 0x37 });
  const speaker = device.address === undefined ? board : module;
  let fault: Fault = () => undefined;
  let isThere = true;
  let open: ReturnType<typeof createChunkBuffer> | undefined;
  let closed = 0;
  const connect: Connect = async () => {
    if (!isThere) throw new TransportError('absent', 'nobody there');
    connectedMs.push(time.nowMs());
    module.reset();
    const buffer = createChunkBuffer();
    open = buffer;
    return {
      read: buffer.read,
      async write(bytes) {
        buffer.forget();
        written.push(Buffer.from(bytes).toString('hex'));
        const answers = isThere ? speaker.receive(bytes) : [];
        for (const answer of fault(bytes, answers) ?? answers) buffer.push(answer);
      },
      async close() {
        closed++;
        buffer.fail(new TransportError('lost', 'closed'));
      },
    };
  };
  const running = askUnlessReleased({
    ...{ device, connect, now: time.now, startTimer: time.startTimer, signal: stop.signal },
    reading: (_, { decoded: { values, model = '' }, moment }) =>
      readings.push({ values, measuredMs: moment.uptimeMs, atMs: time.nowMs(), model }),
    trouble: (_, trouble) => troubles.push({ ...trouble, atMs: time.nowMs() }),
    ...more,
  });
  return {
    ...{ time, readings, troubles, written, connectedMs, board, running },
    closed: () => closed,
    set(changes: Partial<JbdState>) {
      state = { ...state, ...changes };
    },
    breakBy(next: Fault) {
      fault = next;
    },
    /** Bytes that nobody asked for. */
    say: (bytes: Uint8Array) => open?.push(bytes),
    hangUp: () => open?.fail(new TransportError('lost', 'the link is gone')),
    vanish() {
      isThere = false;
      open?.fail(new TransportError('lost', 'the link is gone'));
    },
    comeBack() {
      isThere = true;
    },
    async stop() {
      stop.abort();
      await settle();
      await running;
    },
  };
}
