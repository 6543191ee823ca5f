// A subscriber that acknowledges at once and does nothing else: what broker, publishers and machine give at most.
// `null-subscriber.ts PORT COUNT` says `ready` when it is subscribed and `done` after COUNT messages.

import { createConnection } from 'node:net';
import { generate } from 'mqtt-packet';

const [port, count] = process.argv.slice(2).map(Number);
const version = { protocolVersion: 5 } as const;
const publishType = 3;
const connackType = 2;
const subackType = 9;
const socket = createConnection(port ?? 0, '127.0.0.1').setNoDelay(true);
socket.write(
  generate(
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      clean: false,
      keepalive: 0,
      clientId: 'null',
      properties: { sessionExpiryInterval: 3600, receiveMaximum: 2000 },
      ...version,
    },
    version,
  ),
);
let received = 0;
let rest: Buffer = Buffer.alloc(0);
socket.on('data', (chunk) => {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  const answers: number[] = [];
  let at = 0;
  for (let end = packetEnd(bytes, at); end !== undefined; end = packetEnd(bytes, at)) {
    take(bytes, at, answers);
    at = end;
  }
  rest = bytes.subarray(at);
  if (answers.length > 0) socket.write(Buffer.from(answers));
});

/** Where the packet that begins at `at` ends; `undefined`: it is not whole yet. */
function packetEnd(bytes: Buffer, at: number): number | undefined {
  const start = bodyStart(bytes, at);
  if (start === undefined) return undefined;
  let length = 0;
  for (let index = at + 1; index < start; index++) {
    length += ((bytes[index] ?? 0) & 0x7f) * 0x80 ** (index - at - 1);
  }
  return start + length <= bytes.length ? start + length : undefined;
}

function bodyStart(bytes: Buffer, at: number): number | undefined {
  for (let index = at + 1; index < bytes.length; index++) {
    if ((bytes[index] ?? 0) < 0x80) return index + 1;
  }
  return undefined;
}

function take(bytes: Buffer, at: number, answers: number[]): void {
  const type = (bytes[at] ?? 0) >> 4;
  if (type === connackType) subscribe();
  else if (type === subackType) console.log('ready');
  else if (type === publishType) {
    const start = bodyStart(bytes, at) ?? 0;
    const id = start + 2 + bytes.readUInt16BE(start);
    answers.push(0x40, 2, bytes[id] ?? 0, bytes[id + 1] ?? 0);
    received++;
    if (received === count) console.log('done');
  }
}

function subscribe(): void {
  const subscriptions = [{ topic: 'victron/+/+', qos: 1 as const }];
  socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions }, version));
}
