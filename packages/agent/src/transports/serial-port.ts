// Opens a serial port: 8 data bits, no parity, 1 stop bit, raw, for this program alone.

import type { Duplex } from 'node:stream';
import type { SerialPort, SerialPortMock } from 'serialport';
import { within } from '../reading/exchange.ts';
import { startTimer } from '../reading/pacer.ts';
import { TransportError } from '../transport.ts';
import { holderOf } from './port-holder.ts';

export interface SerialSettings {
  readonly path: string;
  readonly baudRate: number;
  /** Hardware flow control. */
  readonly rtscts?: boolean;
}

interface SerialStream {
  /** Emits `close`, `end` or `error` when the port is lost. */
  readonly stream: Duplex;
  /** Leaves a driver that hangs to itself; whether it closed. */
  close(): Promise<boolean>;
}

/** Some drivers wait in closing for bytes that the device does not take, and in opening for that. */
const closeMsMax = 5000;
const openMsMax = 10_000;

/**
 * @param load the library, another one only in tests
 * @throws TransportError saying what stands in the way; the signal's reason when it aborts.
 */
export async function openSerialPort(
  settings: SerialSettings,
  signal: AbortSignal,
  load: LoadSerialPort = loadSerialPort,
): Promise<SerialStream> {
  const { path, baudRate, rtscts = false } = settings;
  signal.throwIfAborted();
  const SerialPort = await load();
  const port = new SerialPort({
    path,
    baudRate,
    rtscts,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    // Two programs on one line would each get half of the bytes. Opening also forgets what the line held from before.
    lock: true,
    autoOpen: false,
  });
  let isLate = false;
  const opening = new Promise<true>((resolve, reject) => {
    port.open((error) => {
      if (error) return reject(refusal(path, error));
      // Nobody waits for it any more.
      if (isLate) port.close();
      resolve(true);
    });
  });
  try {
    if ((await within(openMsMax, { startTimer, signal }, () => opening)) === undefined) throw hung(path);
  } catch (error) {
    isLate = true;
    throw error;
  }
  const { promise: closed, resolve: end } = Promise.withResolvers<boolean>();
  port.once('close', () => end(true));
  let isClosing = false;
  const close = (): Promise<boolean> => {
    if (!isClosing) {
      isClosing = true;
      const stopTimer = startTimer(closeMsMax, () => end(false));
      void closed.then(stopTimer);
      if (port.isOpen) port.close(() => end(true));
    }
    return closed;
  };
  // RS-232 cables of VE.Direct feed their converter from DTR and RTS; a pseudo terminal has no such lines.
  if (!rtscts) await new Promise<void>((resolve) => port.set({ dtr: true, rts: true }, () => resolve()));
  if (signal.aborted) {
    await close();
    throw signal.reason;
  }
  return { stream: port, close };
}

export type LoadSerialPort = () => Promise<typeof SerialPort | typeof SerialPortMock>;

async function loadSerialPort(): Promise<typeof SerialPort> {
  try {
    return (await import('serialport')).SerialPort;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const machine = `${process.platform}-${process.arch}`;
    throw new TransportError('unusable', `the serial port library does not load on ${machine}: ${reason}`);
  }
}

const hung = (path: string): TransportError =>
  new TransportError(
    'unusable',
    `the serial port ${path} does not open within ${openMsMax / 1000} s, its driver hangs: unplug its cable and plug it in again`,
  );

/** The library tells its errors by the C library's texts only. */
function refusal(path: string, { message }: Error): TransportError {
  if (message.includes('No such file')) {
    return new TransportError(
      'absent',
      `there is no serial port ${path}: is its cable plugged in? "ls /dev/serial/by-id" shows those there are`,
    );
  }
  if (message.includes('Permission denied')) {
    return new TransportError(
      'denied',
      `not allowed to use the serial port ${path}: add the user to the group dialout ("sudo usermod -aG dialout USER", then log in again)`,
    );
  }
  if (message.includes('Cannot lock port') || message.includes('busy')) {
    const holder = holderOf(path);
    const who = holder === undefined ? 'another program' : holder;
    return new TransportError(
      'busy',
      `the serial port ${path} is in use by ${who}: only one program can read it`,
    );
  }
  return new TransportError('unusable', `the serial port ${path} does not open: ${message}`);
}
