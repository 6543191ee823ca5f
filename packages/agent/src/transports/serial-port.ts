import type { Duplex } from 'node:stream';
export interface SerialStream {
  readonly stream: Duplex;
  close(): Promise<void>;
}
export async function openSerialPort(
  _options: { path: string; baudRate: number; rtscts?: boolean },
  _signal: AbortSignal,
): Promise<SerialStream> {
  throw new Error('todo');
}
