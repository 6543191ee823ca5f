// Publishers that cost as little as can be: their packets are made before the clock runs, and confirmations are counted
// by their length.

import { createConnection, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';

export const devices = 50;

/** How a load spreads over devices and time. */
export interface Spread {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly devices: number;
}

/** A reading of a solar charger: twelve fields, some 235 bytes with its identity. */
export function messageOf(stream: string, device: number, sequence: number, timeMs: number, interval = 10) {
  const payload = JSON.stringify({
    battery_voltage: 13 + (sequence % 97) / 100,
    battery_current: (sequence % 61) / 10,
    pv_energy_today: (sequence % 400) * 10,
    pv_power: sequence % 300,
    charge_state: 'bulk',
    _timestamp: timeMs,
    _clock: 'synced',
    _agent: 'bench',
    _stream: stream,
    _seq: sequence,
    _kind: 'solar_charger',
    _interval: interval,
  });
  return { topic: `victron/smartsolar/bench-${device}`, payload };
}

export interface Load {
  /** Publishes all at QoS 1 with a bounded window; resolves when the broker has confirmed all. */
  publish(): Promise<void>;
  close(): void;
}

const publishers = 4;
const windowMax = 250;
const confirmationBytes = 4;

/** Readings of a stream, spread over some connections. */
export async function prepareLoad(
  port: number,
  stream: string,
  count: number,
  spread: Spread,
): Promise<Load> {
  const loads = await Promise.all(
    Array.from({ length: publishers }, async (_, index) => {
      const socket = await connect(port, `${stream}-${index}`);
      const { packets, ends } = packetsOf(`${stream}-${index}`, index, count, spread);
      return { socket, packets, ends };
    }),
  );
  return {
    publish: async () => {
      await Promise.all(loads.map(({ socket, packets, ends }) => publishAll(socket, packets, ends)));
    },
    close: () => {
      for (const { socket } of loads) socket.destroy();
    },
  };
}

/** Packets of a publisher, one behind the other, and where each ends. */
function packetsOf(stream: string, publisher: number, count: number, spread: Spread) {
  const frames: Buffer[] = [];
  const ends: number[] = [];
  let bytes = 0;
  for (let index = publisher, sequence = 0; index < count; index += publishers, sequence++) {
    const timeMs = Math.floor(spread.fromMs + index * spread.stepMs);
    const message = messageOf(stream, index % spread.devices, sequence, timeMs);
    const messageId = (sequence % 65_535) + 1;
    const frame = generate({ cmd: 'publish', qos: 1, dup: false, retain: false, messageId, ...message });
    frames.push(frame);
    bytes += frame.length;
    ends.push(bytes);
  }
  return { packets: Buffer.concat(frames), ends };
}

export function connect(port: number, clientId: string): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay(true);
  const hello = { protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0 } as const;
  socket.write(generate({ cmd: 'connect', clientId, ...hello }));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
  });
}

function publishAll(socket: Socket, packets: Buffer, ends: readonly number[]): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let confirmedBytes = 0;
    const fill = (): void => {
      const confirmed = Math.floor(confirmedBytes / confirmationBytes);
      const upTo = Math.min(ends.length, confirmed + windowMax);
      if (upTo - sent < windowMax / 2 && upTo < ends.length) return;
      if (upTo > sent) socket.write(packets.subarray(ends[sent - 1] ?? 0, ends[upTo - 1]));
      sent = upTo;
      if (confirmed < ends.length) return;
      socket.off('data', take);
      resolve();
    };
    const take = (bytes: Buffer): void => {
      confirmedBytes += bytes.length;
      fill();
    };
    socket.on('data', take);
    fill();
  });
}
