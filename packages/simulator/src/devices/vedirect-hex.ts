// The HEX side of a solar charger's VE.Direct port: answers gets between its blocks of text, and tells some registers unasked.
// What would set or restart it is kept, so that a test can see that nothing of it came.

import type { Values } from '@wattline/protocols';

export interface HexPort {
  /** Takes bytes of the host however they are cut; returns what is sent back, one frame each. */
  receive(bytes: Uint8Array): Uint8Array[];
  /** What is sent unasked now. */
  unasked(): Uint8Array[];
  /** Frames that are neither a get nor a question for version or product. */
  readonly strange: readonly string[];
}

const states = ['off', 'low_power', 'fault', 'bulk', 'absorption', 'float'];
const unaskedRegisters = [0x0201, 0xedbc, 0xeddb];

/** @param shown what the charger shows, in the vocabulary's names: the same that its text says */
export function createHexPort(shown: () => Values): HexPort {
  let received = '';
  const strange: string[] = [];
  const answer = (text: string): Uint8Array | undefined => {
    const command = text[1];
    const bytes = Buffer.from(`0${text.slice(1)}`, 'hex');
    if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0x55)
      return frame(4, Buffer.from('aaaa', 'hex'));
    if (command === '3') return frame(1, Buffer.from('1641', 'hex'));
    if (command === '4') return frame(1, registersOf(shown()).get(0x0100)?.subarray(1, 3) ?? Buffer.alloc(0));
    if (command === '7') return got(bytes.readUInt16LE(1), registersOf(shown()));
    strange.push(text);
    return frame(3, bytes.subarray(0, 1));
  };
  return {
    strange,
    receive(bytes) {
      received += Buffer.from(bytes).toString('latin1');
      const lines = received.split('\n');
      received = lines.pop() ?? '';
      return lines.flatMap((line) => {
        const sent = line.startsWith(':') ? answer(line) : undefined;
        return sent === undefined ? [] : [sent];
      });
    },
    unasked() {
      const all = registersOf(shown());
      return unaskedRegisters.flatMap((id) => {
        const value = all.get(id);
        return value === undefined ? [] : [frame(0xa, Buffer.concat([idOf(id), Buffer.of(0), value]))];
      });
    },
  };
}

function got(id: number, registers: ReadonlyMap<number, Buffer>): Uint8Array {
  const value = registers.get(id);
  return frame(
    7,
    Buffer.concat([idOf(id), Buffer.of(value === undefined ? 0x01 : 0x00), value ?? Buffer.alloc(0)]),
  );
}

const idOf = (id: number): Buffer => Buffer.of(id & 0xff, id >> 8);

function frame(command: number, data: Buffer): Uint8Array {
  const sum = data.reduce((total, byte) => total + byte, command);
  const check = Buffer.of((0x55 - sum) & 0xff);
  return Buffer.from(
    `:${command.toString(16)}${Buffer.concat([data, check]).toString('hex')}\n`.toUpperCase(),
  );
}

function registersOf(shown: Values): ReadonlyMap<number, Buffer> {
  const unsigned = (id: number, name: string, bytes: number, step: number): [number, Buffer][] => {
    const value = shown[name];
    if (typeof value !== 'number') return [];
    const raw = Buffer.alloc(bytes);
    raw.writeUIntLE(Math.max(0, Math.round(value / step)), 0, bytes);
    return [[id, raw]];
  };
  const product = Number(shown['product_code'] ?? 0);
  return new Map<number, Buffer>([
    [0x0100, Buffer.of(0, product & 0xff, product >> 8, 0xff)],
    [0x010a, Buffer.from(String(shown['serial_number'] ?? ''))],
    [0x0201, Buffer.of(Math.max(0, states.indexOf(String(shown['charge_state']))))],
    ...unsigned(0xedd5, 'battery_voltage', 2, 0.01),
    ...signed(0xed8f, shown['battery_current'], 0.1),
    ...signed(0xeddb, shown['device_temperature'], 0.01),
    ...unsigned(0xedbc, 'pv_power', 4, 0.01),
    ...unsigned(0xedbb, 'pv_voltage', 2, 0.01),
    ...unsigned(0xeddc, 'pv_energy_total', 4, 10),
    ...unsigned(0xedd3, 'pv_energy_today', 2, 10),
    ...unsigned(0xedd2, 'pv_power_max_today', 2, 1),
    ...unsigned(0xedad, 'load_current', 2, 0.1),
  ]);
}

function signed(id: number, value: Values[string] | undefined, step: number): [number, Buffer][] {
  if (typeof value !== 'number') return [];
  const raw = Buffer.alloc(2);
  raw.writeInt16LE(Math.round(value / step));
  return [[id, raw]];
}
