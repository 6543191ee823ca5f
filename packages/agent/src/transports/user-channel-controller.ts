// A Bluetooth adapter of the Linux kernel on the HCI user channel: the program has the adapter for itself, and neither
// the kernel nor BlueZ interferes. The socket is the native part of @stoprocent/bluetooth-hci-socket.

import type { EventEmitter } from 'node:events';
import { TransportError } from '../transport.ts';
import { absentText, type Controller } from './controller.ts';
import { requireFromNoble } from './noble-modules.ts';

/** The part of the native socket that is used. */
export interface HciSocket extends EventEmitter {
  bindUser(index: number): void;
  start(): void;
  stop(): void;
  isDevUp(): boolean;
  write(packet: Buffer): void;
}

/** An unplugged adapter says nothing on the user channel: it is asked for. */
const presenceMs = 2000;

/**
 * @param name hciN
 * @throws TransportError saying what stands in the way and what to do
 */
export function openUserChannel(name: string, createSocket = nativeSocket): Controller {
  const socket = createSocket();
  let lost: ((error: TransportError) => void) | undefined;
  let failure: Error | undefined;
  let presence: NodeJS.Timeout | undefined;
  socket.on('error', (error: Error) => {
    failure = error;
    lose(error.message);
  });
  try {
    socket.bindUser(Number(name.slice(3)));
  } catch (error) {
    throw refusal(name, error instanceof Error ? error : new Error(String(error)));
  }
  if (failure !== undefined) throw refusal(name, failure);

  function lose(why: string): void {
    clearInterval(presence);
    lost?.(new TransportError('lost', `the Bluetooth adapter ${name} is gone: ${why}`));
    lost = undefined;
  }
  return {
    name,
    start(packet, loseIt) {
      lost = loseIt;
      socket.on('data', packet);
      socket.start();
      presence = setInterval(() => {
        if (!socket.isDevUp()) lose('unplugged, or switched off');
      }, presenceMs).unref();
    },
    write: (packet) => socket.write(packet),
    close() {
      lost = undefined;
      clearInterval(presence);
      socket.removeAllListeners('data');
      // Waits for the native thread's read, which ends with the next packet or after a second.
      socket.stop();
      return Promise.resolve();
    },
  };
}

function nativeSocket(): HciSocket {
  const Socket = requireFromNoble<new () => HciSocket>('@stoprocent/bluetooth-hci-socket/lib/native.js');
  return new Socket();
}

/** The native part tells its errors by the C library's texts only. */
function refusal(name: string, { message }: Error): TransportError {
  if (message === 'Device or resource busy') {
    return new TransportError(
      'shut',
      `the Bluetooth adapter ${name} is in use by another program, usually bluetoothd: "sudo systemctl disable --now bluetooth" frees it`,
    );
  }
  if (message === 'Operation not possible due to RF-kill') {
    return new TransportError(
      'shut',
      `the Bluetooth adapter ${name} is switched off by rfkill: "sudo rfkill unblock bluetooth" switches it on`,
    );
  }
  if (message === 'Operation not permitted' || message === 'Permission denied') {
    return new TransportError(
      'shut',
      `not allowed to use the Bluetooth adapter ${name}: the program needs the capabilities CAP_NET_ADMIN and CAP_NET_RAW (the systemd unit gives them; by hand: run it as root)`,
    );
  }
  if (message === 'No such device') return new TransportError('absent', absentText(name, []));
  if (message === 'Address family not supported by protocol') {
    return new TransportError(
      'absent',
      'the kernel offers no Bluetooth: load the module bluetooth; a container needs the host network',
    );
  }
  return new TransportError('unusable', `the Bluetooth adapter ${name} cannot be used: ${message}`);
}
