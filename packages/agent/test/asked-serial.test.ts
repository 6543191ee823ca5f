// The loop over a battery on a pseudo terminal with the real serial library, its time running ten times as fast.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createJbdBoard, createJbdModule, type JbdState } from '../../simulator/src/devices/jbd.ts';
import { openVirtualSerial, type VirtualSerial } from '../../simulator/src/serial/virtual-serial.ts';
import { ask } from '../src/reading/ask.ts';
import type { ReadDevice, Trouble } from '../src/reading/device.ts';
import { startTimer } from '../src/reading/pacer.ts';
import { serialLink } from '../src/transports/serial-link.ts';
import { type Fault, onAir, onCable, password } from './asked-battery.ts';
import { ptyProgramsHere } from './virtual-serial-rig.ts';

const hasTerminals = (await ptyProgramsHere()).length > 0;
const speed = 10;

async function batteryOn(device: ReadDevice) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-asked-'));
  const path = join(folder, 'ttyBMS');
  let state: JbdState = {
    ...{ voltage: 13.34, current: -0.5, remainingAh: 204, ratedAh: 213 },
    ...{ cellVoltages: [3.336, 3.334, 3.336, 3.336], temperatures: [26.8] },
  };
  const board = createJbdBoard(() => state);
  const module = createJbdModule(board, { address: onAir.address ?? '', password, random: () => 0x37 });
  let fault: Fault = () => undefined;
  let line: VirtualSerial | undefined;
  const plugIn = async () => {
    module.reset();
    line = await openVirtualSerial(path, (bytes) => {
      const answers = (device.address === undefined ? board : module).receive(bytes);
      const sent = fault(bytes, answers) ?? answers;
      if (sent.length > 0) line?.write(Buffer.concat(sent));
    });
  };
  await plugIn();
  const stop = new AbortController();
  const readings: { readonly voltage: unknown; readonly measuredMs: number }[] = [];
  const troubles: Trouble[] = [];
  const startedMs = performance.now();
  const uptimeMs = () => (performance.now() - startedMs) * speed;
  const running = ask({
    device: { ...device, intervalMs: 2000 },
    connect: serialLink({ path, baudRate: 9600 }),
    now: () => ({ wallMs: uptimeMs(), uptimeMs: uptimeMs() }),
    startTimer: (delayMs, fire) => startTimer(delayMs / speed, fire),
    signal: stop.signal,
    reading: (_, { decoded, moment }) =>
      readings.push({ voltage: decoded.values['battery_voltage'], measuredMs: moment.uptimeMs }),
    trouble: (_, trouble) => troubles.push(trouble),
  });
  onTestFinished(async () => {
    stop.abort();
    await running;
    await line?.close();
    rmSync(folder, { recursive: true });
  });
  return {
    ...{ readings, troubles, uptimeMs, strange: board.strange, plugIn, path, folder },
    unplug: async () => line?.close(),
    breakBy(next: Fault) {
      fault = next;
    },
    set(changes: Partial<JbdState>) {
      state = { ...state, ...changes };
    },
    /** Waits for a reading that the loop makes from now on. */
    async read(voltage: number) {
      const from = readings.length;
      await expect
        .poll(() => readings.slice(from).at(-1)?.voltage, { timeout: 10_000, interval: 5 })
        .toBe(voltage);
    },
  };
}

describe.skipIf(!hasTerminals)('a battery on a real serial port', () => {
  test('whose answer is cut at every byte in turn is read right each time', async () => {
    const bank = await batteryOn(onCable);
    await bank.read(13.34);
    for (let cut = 0; cut < 32; cut++) {
      const voltage = Math.round(1200 + cut) / 100;
      let isCut = false;
      bank.set({ voltage });
      bank.breakBy((_, [answer]) => {
        // Register 03 once; whatever else is asked meanwhile is answered.
        if (isCut || answer?.[1] !== 0x03) return undefined;
        isCut = true;
        return [answer.subarray(0, cut)];
      });
      await bank.read(voltage);
      expect(isCut).toBe(true);
    }
    // On a busy machine a try of a tenth of a second may run out, too.
    expect(bank.troubles.filter(({ code }) => code !== 'corrupt' && code !== 'silent')).toEqual([]);
  });

  test('that answers each question once more behind the next one is read right', async () => {
    const bank = await batteryOn(onCable);
    let late: readonly Uint8Array[] = [];
    bank.breakBy((_, answers) => {
      const both = [...late, ...answers];
      late = answers;
      return both;
    });
    await bank.read(13.34);
    bank.set({ voltage: 12.7 });
    await bank.read(12.7);
    expect(bank.troubles.filter(({ code }) => code !== 'silent')).toEqual([]);
  });

  test('that does not answer for a while is said silent, and read again by itself', async () => {
    const bank = await batteryOn(onCable);
    await bank.read(13.34);
    bank.breakBy(() => []);
    await expect.poll(() => bank.troubles.map(({ code }) => code), { timeout: 10_000 }).toContain('silent');
    bank.breakBy(() => undefined);
    await bank.read(13.34);
  });

  test('whose line is hung up in the middle of a login logs in anew when it is back', async () => {
    const bank = await batteryOn(onAir);
    let asked = 0;
    let unplugged: Promise<unknown> | undefined;
    bank.breakBy(() => {
      if (asked++ !== 3) return undefined;
      unplugged = bank.unplug();
      return [];
    });
    await expect.poll(() => bank.troubles.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await unplugged;
    expect(bank.readings).toEqual([]);
    await bank.plugIn();
    await bank.read(13.34);
    expect(bank.troubles.every(({ code }) => code === 'link' || code === 'silent')).toBe(true);
    expect(bank.strange).toEqual([]);
  });

  test('that vanishes for a minute is read within a minute of its return, and never shown meanwhile', async () => {
    const bank = await batteryOn(onCable);
    await bank.read(13.34);
    await bank.unplug();
    const goneMs = bank.uptimeMs();
    const before = bank.readings.length;
    await expect.poll(() => bank.uptimeMs() - goneMs, { timeout: 10_000 }).toBeGreaterThan(60_000);
    expect(bank.readings).toHaveLength(before);
    bank.set({ voltage: 12.5 });
    await bank.plugIn();
    const backMs = bank.uptimeMs();
    await bank.read(12.5);
    expect(bank.readings[before]?.voltage).toBe(12.5);
    expect((bank.readings[before]?.measuredMs ?? 0) - backMs).toBeLessThan(60_000);
  });

  test('that comes back as another terminal behind its stable name is read again', async () => {
    const bank = await batteryOn(onCable);
    await bank.read(13.34);
    const before = realpathSync(bank.path);
    await bank.unplug();
    // Takes the terminal that has become free.
    const other = await openVirtualSerial(join(bank.folder, 'ttyOther'));
    bank.set({ voltage: 12.6 });
    await bank.plugIn();
    expect(realpathSync(bank.path)).not.toBe(before);
    const backMs = bank.uptimeMs();
    await bank.read(12.6);
    expect((bank.readings.at(-1)?.measuredMs ?? 0) - backMs).toBeLessThan(60_000);
    await other.close();
  });
});
