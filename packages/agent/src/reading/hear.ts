// The loop over what one radio hears: finds the device of a packet, decodes, and lets the newest of each interval through.

import { ProtocolError } from '@wattline/protocols';
import type { HeardPacket, Receiver } from '../transport.ts';
import type { Heard, Observer, ReadDevice } from './device.ts';
import { createPacer, type Pacer, type StartTimer } from './pacer.ts';

export interface HearOptions extends Observer {
  readonly receiver: Pick<Receiver, 'packets'>;
  readonly devices: readonly ReadDevice[];
  readonly uptimeMs: () => number;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** Packets of addresses that are not configured. */
  readonly stranger?: (packet: HeardPacket) => void;
}

interface Ear {
  readonly device: ReadDevice;
  readonly pacer: Pacer<Heard>;
  previous?: HeardPacket;
}

/** Runs until the signal ends it. @throws what the receiver throws. */
export async function hear(options: HearOptions): Promise<void> {
  const { receiver, devices, uptimeMs, startTimer, signal } = options;
  const ears = new Map<string, Ear[]>();
  for (const device of devices) {
    const pacer = createPacer<Heard>({
      intervalMs: device.intervalMs,
      nowMs: uptimeMs,
      startTimer,
      emit: (heard) => options.reading(device, heard),
    });
    const address = device.address ?? '';
    ears.set(address, [...(ears.get(address) ?? []), { device, pacer }]);
  }
  try {
    for await (const packet of receiver.packets(signal)) {
      const listening = ears.get(packet.address);
      if (listening === undefined) options.stranger?.(packet);
      else for (const ear of listening) take(ear, packet, options);
    }
  } finally {
    for (const ear of [...ears.values()].flat()) ear.pacer.stop();
  }
}

function take(ear: Ear, packet: HeardPacket, { trouble }: HearOptions): void {
  const { device, pacer, previous } = ear;
  const { hear: hearing } = device.definition;
  if (hearing === undefined || (previous !== undefined && hearing.isRepeat(packet, previous))) return;
  try {
    const decoded = hearing.decode(packet, device.secret);
    if ('ignored' in decoded) {
      trouble(device, { code: 'ignored', message: decoded.ignored });
      return;
    }
    // Only now: a damaged packet must not make its sound repeat look old.
    ear.previous = packet;
    pacer.offer({ decoded, moment: packet.moment, rssi: packet.rssi });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    trouble(device, { code: error.code, message: error.message });
  }
}
