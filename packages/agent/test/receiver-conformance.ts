// What every receiver must do. A rig brings the receiver and the devices that it hears.

import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { type HeardPacket, type Receiver, TransportError } from '../src/transport.ts';
import { packetsMax } from '../src/transports/packet-buffer.ts';

/** A packet as a device says it. */
export interface Said {
  readonly address: string;
  readonly source: number;
  readonly payload: Uint8Array;
  /** Said in the scan response that follows each packet. */
  readonly name?: string;
}

export interface ReceiverRig {
  readonly receiver: Receiver;
  /** Devices say these as soon as somebody listens. */
  start(packets: readonly Said[]): void;
  /** Resolves when what devices say is heard; the iteration must have been started. */
  listening(): Promise<void>;
  /** Now. Absent where everything was said long ago. */
  say?(packets: readonly Said[]): void;
  /** Whether the medium is held open. */
  isOpen(): boolean;
  /** Takes the medium away; absent where that cannot happen. */
  unplug?(): void;
  plugIn?(): void;
  close(): Promise<void>;
}

export interface ReceiverTraits {
  /** Goes on by itself when the medium comes back, instead of throwing. */
  readonly recovers?: boolean;
  /** Packets are told by their identifier alone, hold up to 8 bytes, and have no strength. */
  readonly isBus?: boolean;
}

export const company = 0x02e1;

const saidOnAir = (device: number, payload: Uint8Array, name?: string): Said => ({
  address: `C0:00:00:00:00:0${device}`,
  source: company,
  payload,
  ...(name === undefined ? {} : { name }),
});

const saidOnBus = (device: number, payload: Uint8Array): Said => ({
  address: '',
  source: 0x350 + device,
  payload: payload.subarray(0, 8),
});

const heardAs = ({ address, source, payload }: HeardPacket) => ({ address, source, payload: [...payload] });
const saidAs = ({ address, source, payload }: Said) => ({ address, source, payload: [...payload] });

export function describeReceiver(
  name: string,
  open: () => Promise<ReceiverRig>,
  { recovers = false, isBus = false }: ReceiverTraits = {},
): void {
  const said = isBus ? saidOnBus : saidOnAir;
  describe(name, () => {
    const rigs: ReceiverRig[] = [];
    const openRig = async (): Promise<ReceiverRig> => {
      const rig = await open();
      rigs.push(rig);
      return rig;
    };
    afterEach(async () => {
      for (const rig of rigs.splice(0)) await rig.close();
    });

    /** Hears as many packets as asked for while the devices say theirs. */
    async function hear(rig: ReceiverRig, packets: readonly Said[], count = packets.length) {
      const abort = new AbortController();
      const heard: HeardPacket[] = [];
      rig.start(packets);
      for await (const packet of rig.receiver.packets(abort.signal)) {
        heard.push(packet);
        if (heard.length === count) break;
      }
      return heard;
    }

    test('packets arrive unaltered and in order', async () => {
      const packets = Array.from({ length: 60 }, (_, index) => said(index % 5, randomBytes(index % 24)));
      const heard = await hear(await openRig(), packets);
      expect(heard.map(heardAs)).toEqual(packets.map(saidAs));
      for (const { rssi, moment } of heard) {
        if (isBus) expect(rssi).toBe(0);
        else expect(rssi).toBeLessThan(0);
        expect(Math.abs(Date.now() - moment.wallMs)).toBeLessThan(10_000);
      }
    });

    test('a repeat is a packet of its own', async () => {
      const packet = said(1, randomBytes(20));
      const heard = await hear(await openRig(), [packet, packet, packet]);
      expect(heard.map(heardAs)).toEqual([packet, packet, packet].map(saidAs));
    });

    if (!isBus)
      test('the name of the scan response is known from the next packet on, and stays with its device', async () => {
        const packets = [
          said(1, randomBytes(20), 'Roof'),
          said(2, randomBytes(20)),
          said(1, randomBytes(20), 'Roof'),
        ];
        const heard = await hear(await openRig(), packets);
        expect(heard[2]?.name).toBe('Roof');
        expect(heard[1]?.name).toBeUndefined();
      });

    test('an abort ends a pending iteration at once, and the medium is free', async () => {
      const rig = await openRig();
      rig.start([]);
      const abort = new AbortController();
      const iterator = rig.receiver.packets(abort.signal)[Symbol.asyncIterator]();
      const pending = iterator.next();
      await rig.listening();
      expect(rig.isOpen()).toBe(true);
      abort.abort();
      expect(await pending).toEqual({ done: true, value: undefined });
      expect(rig.isOpen()).toBe(false);
    });

    test('an abort before the start opens nothing', async () => {
      const rig = await openRig();
      for await (const _ of rig.receiver.packets(AbortSignal.abort())) throw new Error('heard something');
      expect(rig.isOpen()).toBe(false);
    });

    test('a consumer that leaves closes the medium, and another may come', async () => {
      const rig = await openRig();
      const packet = said(1, randomBytes(20));
      for (let round = 0; round < 3; round++) {
        expect((await hear(rig, [packet])).map(heardAs)).toEqual([packet].map(saidAs));
        expect(rig.isOpen()).toBe(false);
      }
    });

    test('a slow consumer gets the newest of each device, and the others are counted', async () => {
      const rig = await openRig();
      if (!rig.say) return;
      const abort = new AbortController();
      const iterator = rig.receiver.packets(abort.signal)[Symbol.asyncIterator]();
      const first = iterator.next();
      await rig.listening();
      const numbered = Array.from({ length: 8 * packetsMax }, (_, index) =>
        said(1, Uint8Array.of(index >> 8, index)),
      );
      const last = numbered.at(-1) as Said;
      rig.say([said(2, Uint8Array.of(7)), ...numbered]);
      const heard = [(await first).value as HeardPacket];
      while (heard.at(-1)?.payload.join() !== last.payload.join()) {
        heard.push((await iterator.next()).value as HeardPacket);
      }
      abort.abort();
      await iterator.next();
      expect(heard.length).toBeLessThanOrEqual(4 * packetsMax);
      const { address: other, source: otherId } = said(2, Uint8Array.of(7));
      expect(heard.filter(({ address, source }) => address === other && source === otherId)).toHaveLength(1);
      expect(rig.receiver.counters()['dropped']).toBe(numbered.length + 1 - heard.length);
    });

    if (!recovers)
      test('a medium that is unplugged is a transport error', async () => {
        const rig = await openRig();
        if (!rig.unplug) return;
        const iterator = rig.receiver.packets(new AbortController().signal)[Symbol.asyncIterator]();
        const pending = iterator.next();
        await rig.listening();
        rig.unplug();
        const error = await pending.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TransportError);
        expect(error).toMatchObject({ code: 'lost' });
        rig.plugIn?.();
        expect(await hear(rig, [said(1, randomBytes(3))])).toHaveLength(1);
      });

    if (recovers)
      test('a medium that is unplugged and plugged in is heard again', async () => {
        const rig = await openRig();
        const iterator = rig.receiver.packets(new AbortController().signal)[Symbol.asyncIterator]();
        const pending = iterator.next();
        await rig.listening();
        rig.unplug?.();
        rig.plugIn?.();
        await rig.listening();
        const packet = said(1, randomBytes(20));
        rig.say?.([packet]);
        const { value } = await pending;
        expect([value as HeardPacket].map(heardAs)).toEqual([packet].map(saidAs));
        await iterator.return?.();
        expect(rig.isOpen()).toBe(false);
      });
  });
}
