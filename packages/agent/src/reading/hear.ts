// The loop over what one radio hears: finds the device of a packet, decodes, and lets the newest of each interval through.

import { type Packet, ProtocolError } from '@wattline/protocols';
import type { Heard, Moment, Observer, ReadDevice } from './device.ts';
import { createPacer, type Pacer, type StartTimer } from './pacer.ts';

/** Hears packets; the iteration ends when the signal does, and throws when the radio is lost. */
export interface Receiver {
  readonly packets: (signal: AbortSignal) => AsyncIterable<Packet>;
}

export interface HearOptions extends Observer {
  readonly receiver: Receiver;
  readonly devices: readonly ReadDevice[];
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  /** Packets of addresses that are not configured. */
  readonly stranger?: (packet: Packet) => void;
}

interface Ear {
  readonly device: ReadDevice;
  readonly pacer: Pacer<Heard>;
  previous?: Packet;
}

/** Runs until the signal ends it. @throws what the receiver throws. */
export async function hear(options: HearOptions): Promise<void> {
  const { receiver, devices, now, startTimer, signal } = options;
  const ears = new Map<string, Ear[]>();
  for (const device of devices) {
    const pacer = createPacer<Heard>({
      intervalMs: device.intervalMs,
      nowMs: () => now().uptimeMs,
      startTimer,
      emit: (heard) => options.reading(device, heard),
    });
    const address = device.address ?? '';
    ears.set(address, [...(ears.get(address) ?? []), { device, pacer }]);
  }
  try {
    for await (const packet of receiver.packets(signal)) {
      const listening = ears.get(packet.address ?? '');
      if (listening === undefined) options.stranger?.(packet);
      else for (const ear of listening) take(ear, packet, options);
    }
  } finally {
    for (const ear of [...ears.values()].flat()) ear.pacer.stop();
  }
}

function take(ear: Ear, packet: Packet, { now, trouble }: HearOptions): void {
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
    pacer.offer({ decoded, moment: now(), ...(packet.rssi === undefined ? {} : { rssi: packet.rssi }) });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    trouble(device, { code: error.code, message: error.message });
  }
}
