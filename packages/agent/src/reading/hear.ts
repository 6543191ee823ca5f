// What one radio hears: finds the device of a packet, decodes, and lets the newest of each interval through. It outlives
// the radio, so that one that is opened again neither repeats a measurement nor brings the next one early.

import { ProtocolError } from '@wattline/protocols';
import type { HeardPacket } from '../transport.ts';
import type { Heard, Observer, ReadDevice } from './device.ts';
import { createPacer, type Pacer, type StartTimer } from './pacer.ts';
import { notHeard, silentAfter } from './silence.ts';

export interface EarsOptions extends Observer {
  readonly devices: readonly ReadDevice[];
  readonly uptimeMs: () => number;
  readonly startTimer: StartTimer;
  /** Packets of addresses that are not configured. */
  readonly stranger?: (packet: HeardPacket) => void;
}

export interface Ears {
  hear(packet: HeardPacket): void;
  /** Nothing more comes, a recording has ended: what is known by now and was not given yet is given. */
  finish?(): void;
  /** What waits for the end of its interval is given up. */
  close(): void;
}

interface Ear {
  readonly device: ReadDevice;
  readonly pacer: Pacer<Heard>;
  /** The last sound packet. */
  previous?: HeardPacket;
  stopWatching: () => void;
}

export function openEars(options: EarsOptions): Ears {
  const { devices, uptimeMs, startTimer } = options;
  let heardMs = uptimeMs();
  const watchSilence = (device: ReadDevice) => {
    const afterMs = silentAfter(device);
    return startTimer(afterMs, () => {
      const isDeaf = uptimeMs() - heardMs >= afterMs;
      const message = isDeaf ? `${notHeard(device)}; nobody else was heard either` : notHeard(device);
      options.trouble(device, { code: 'silent', message });
    });
  };
  const all = devices.map((device): Ear => {
    const emit = (heard: Heard) => options.reading(device, heard);
    const pacer = createPacer<Heard>({ intervalMs: device.intervalMs, nowMs: uptimeMs, startTimer, emit });
    return { device, pacer, stopWatching: watchSilence(device) };
  });
  const ears = Map.groupBy(all, ({ device }) => device.address ?? '');
  return {
    hear(packet) {
      heardMs = uptimeMs();
      const listening = ears.get(packet.address);
      if (listening === undefined) options.stranger?.(packet);
      for (const ear of listening ?? []) {
        ear.stopWatching();
        ear.stopWatching = watchSilence(ear.device);
        take(ear, packet, options);
      }
    },
    close() {
      for (const { pacer, stopWatching } of all) {
        pacer.stop();
        stopWatching();
      }
    },
  };
}

function take(ear: Ear, packet: HeardPacket, { trouble }: Observer): void {
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
