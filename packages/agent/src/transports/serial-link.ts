// A serial line as a link. A cable that is pulled breaks the link; the same path opens again when it is back.

import { lstatSync, statSync } from 'node:fs';
import { type Connect, TransportError } from '../transport.ts';
import { createChunkBuffer } from './chunk-buffer.ts';
import { type LoadSerialPort, openSerialPort, type SerialSettings } from './serial-port.ts';

/** How often the path is looked at. */
const presenceMs = 1000;

/** @param warn told, as the link closes, what went wrong that breaks nothing */
export function serialLink(
  settings: SerialSettings,
  warn: (problem: string) => void = () => {},
  load?: LoadSerialPort,
): Connect {
  return async (signal) => {
    const { path } = settings;
    const port = await openSerialPort(settings, signal, load);
    const { stream } = port;
    const received = createChunkBuffer();
    const opened = identityOf(path);
    // serialport reads a terminal that was hung up between two reads for ever, with a full core, and says nothing.
    const presence = setInterval(() => {
      if (identityOf(path) !== opened) void close();
    }, presenceMs).unref();
    let lost: TransportError | undefined;
    let isLeft = false;
    let failWrite: (error: TransportError) => void = () => {};
    const close = async (): Promise<void> => {
      clearInterval(presence);
      lost ??= new TransportError('lost', `the serial port ${path} is gone: is its cable pulled?`);
      received.fail(lost);
      failWrite(lost);
      if ((await port.close()) || isLeft) return;
      isLeft = true;
      warn(
        `${path}: its driver hangs in closing the port and is left alone: if the port stays in use, unplug its cable and plug it in again`,
      );
    };
    // A pulled cable shows as the one or the other, depending on the driver.
    for (const event of ['close', 'end', 'error']) stream.on(event, () => void close());
    stream.on('data', received.push);
    return {
      read: received.read,
      write(bytes) {
        received.forget();
        return new Promise((resolve, reject) => {
          // serialport keeps what a hung-up terminal does not take, and never calls back.
          if (lost !== undefined) throw lost;
          failWrite = reject;
          stream.write(bytes, (error) => {
            if (error) {
              reject(new TransportError('lost', `the serial port ${path} takes nothing: ${error.message}`));
            } else {
              resolve();
            }
          });
        });
      },
      close() {
        if (received.dropped > 0)
          warn(`${path}: ${received.dropped} bytes were lost, nobody took them in time`);
        return close();
      },
    };
  };
}

/** Changes when the device is unplugged, and when it came back under the same name. `undefined`: there is none. */
function identityOf(path: string): string | undefined {
  try {
    const link = lstatSync(path);
    const { ino, rdev } = statSync(path);
    return `${ino} ${rdev} ${link.isSymbolicLink() ? `${link.ino} ${link.ctimeMs}` : ''}`;
  } catch {
    return undefined;
  }
}
