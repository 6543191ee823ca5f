// A Modbus unit that has holding registers to read and nothing else: whatever it is asked besides, it refuses and keeps, so
// that a test can see that nothing else came.

import { crcModbus } from '@wattline/protocols';

export interface ModbusUnit {
  /** One request of the host; returns what is sent back. */
  receive(request: Uint8Array): Uint8Array[];
  /** Requests that are no reading of its registers. */
  readonly strange: readonly string[];
}

const requestBytes = 8;
const readHolding = 0x03;
const refusal = { function: 0x01, address: 0x02 } as const;

/** @param registers is asked at each request: word by address */
export function createModbusUnit(unit: number, registers: () => ReadonlyMap<number, number>): ModbusUnit {
  const strange: string[] = [];
  const refuse = (request: Uint8Array, code: number): Uint8Array[] => {
    strange.push(Buffer.from(request).toString('hex'));
    return [withCrc(unit, (request[1] ?? 0) | 0x80, code)];
  };
  return {
    strange,
    receive(request) {
      // Of another unit, or cut: a unit says nothing to what it does not understand.
      if (request[0] !== unit || request.length !== requestBytes || !isWhole(request)) return [];
      if (request[1] !== readHolding) return refuse(request, refusal.function);
      const from = Buffer.from(request).readUInt16BE(2);
      const count = Buffer.from(request).readUInt16BE(4);
      const all = registers();
      const words = Array.from({ length: count }, (_, index) => all.get(from + index));
      if (count === 0 || words.includes(undefined)) return refuse(request, refusal.address);
      const data = words.flatMap((word = 0) => [(word >> 8) & 0xff, word & 0xff]);
      return [withCrc(unit, readHolding, data.length, ...data)];
    },
  };
}

function withCrc(...bytes: readonly number[]): Uint8Array {
  const crc = crcModbus(Uint8Array.from(bytes));
  return Uint8Array.of(...bytes, crc & 0xff, crc >> 8);
}

const isWhole = (request: Uint8Array): boolean =>
  Buffer.compare(withCrc(...request.subarray(0, -2)), request) === 0;
