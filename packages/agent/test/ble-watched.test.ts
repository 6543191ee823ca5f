import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { manufacturerAdvertising } from '../../simulator/src/radio/advertising-payload.ts';
import { serveH4 } from '../../simulator/src/radio/h4-server.ts';
import { createPeripheral } from '../../simulator/src/radio/peripheral.ts';
import { createVirtualRadio } from '../../simulator/src/radio/virtual-radio.ts';
import type { HeardPacket } from '../src/transport.ts';
import { createWatchedRadio, type WatchedOptions } from '../src/transports/watched-radio.ts';
import { now, radioChildProgram, say, scanning } from './bluetooth-rigs.ts';
import { company } from './receiver-conformance.ts';

const packet = { address: 'C0:00:00:00:00:01', source: company, payload: Uint8Array.of(1, 2, 3) };
/** The packages of the agent are found from here, as they are beside the packaged program. */
const besidePackages = fileURLToPath(new URL('../node_modules/', import.meta.url));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function scratch(): string {
  const folder = mkdtempSync(join(besidePackages, '.test-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function virtualAdapter() {
  const radio = createVirtualRadio();
  const server = await serveH4(radio);
  closers.push(async () => {
    radio.close();
    await server.close();
  });
  return { radio, adapter: `tcp:127.0.0.1:${server.port}` };
}

/** Lines that can be waited for. */
function createLines() {
  const lines: string[] = [];
  let wake = (): void => {};
  return {
    lines,
    add(text: string): void {
      lines.push(text);
      wake();
    },
    /** The line that matches for the nth time. */
    async said(pattern: RegExp, nth = 1): Promise<string> {
      for (;;) {
        const found = lines.filter((text) => pattern.test(text))[nth - 1];
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async processId(nth = 1): Promise<number> {
      return Number((await this.said(/its process is \d+/, nth)).split(' ').at(-1));
    },
  };
}

async function rig(more: Partial<WatchedOptions> = {}) {
  const { radio, adapter } = await virtualAdapter();
  const lines = createLines();
  const line = (level: string) => (text: string) => lines.add(`${level} ${text}`);
  const log = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
  const options = { file: radioChildProgram, adapter, now, log, retryMs: 1, ...more };
  const receiver = createWatchedRadio(options).receiver([company]);
  const abort = new AbortController();
  const iterator = receiver.packets(abort.signal)[Symbol.asyncIterator]();
  const next = iterator.next() as Promise<IteratorResult<HeardPacket, undefined>>;
  closers.push(async () => {
    abort.abort();
    await iterator.next();
  });
  return { ...lines, radio, receiver, next };
}

describe('the process that owns the radio', () => {
  test('is started anew after a crash, which is said once with the time without reception', async () => {
    const { radio, receiver, next, lines, ...said } = await rig();
    await said.said(/info Bluetooth: listening with the adapter 02:00:00:00:00:01/);
    process.kill(await said.processId(), 'SIGKILL');
    await said.said(/warn Bluetooth: its process ended \(killed by SIGKILL\)/);
    await said.processId(2);
    await scanning(radio);
    say(radio, [packet]);
    expect((await next).value).toMatchObject({ address: packet.address });
    await said.said(/info Bluetooth: heard again/);
    expect(receiver.counters()).toMatchObject({ crashed: 1, packets: 1, reports: 1 });
    expect(lines.filter((line) => !line.startsWith('debug'))).toHaveLength(3);
  });

  test('that throws is told by what it threw', async () => {
    const file = join(scratch(), 'main.mjs');
    writeFileSync(file, 'throw new TypeError("noble stumbled")');
    const { said } = await rig({ file });
    await said(
      /warn Bluetooth: its process ended \(exit code 1, TypeError: noble stumbled\) and is started anew/,
    );
  });

  test('that fails again and again says why once', async () => {
    const { lines, receiver, ...said } = await rig({ adapter: 'tcp:127.0.0.1:1' });
    await said.processId(4);
    expect(receiver.counters()['failed']).toBeGreaterThanOrEqual(3);
    const loud = lines.filter((line) => !line.startsWith('debug'));
    expect(loud).toEqual([expect.stringMatching(/^error no Bluetooth controller at tcp:127.0.0.1:1/)]);
  });

  test('is started anew when nobody at all is heard, less and less often', async () => {
    const { radio, next, receiver, said } = await rig({ silenceMs: 700 });
    await said(/warn Bluetooth: nobody was heard for 0.7 s; the radio is started anew/);
    await said(/warn Bluetooth: nobody was heard for 1.4 s/);
    await scanning(radio);
    say(radio, [packet]);
    await next;
    await said(/info Bluetooth: heard again/);
    expect(receiver.counters()['silent']).toBeGreaterThanOrEqual(2);
  });

  test('lives on while only others are heard', async () => {
    const { radio, receiver, lines } = await rig({ silenceMs: 2500 });
    let heard = 0;
    const often = new Promise<void>((resolve) => {
      const advertising = (): Buffer => {
        if (++heard === 75) resolve();
        return manufacturerAdvertising(0x004c, Uint8Array.of(1));
      };
      radio.add(createPeripheral({ address: 'C0:00:00:00:00:02', advertising, intervalMs: 40 }));
    });
    await often;
    expect(receiver.counters()).toMatchObject({ silent: 0, packets: 0 });
    expect(lines.filter((line) => !line.startsWith('debug'))).toHaveLength(1);
  });

  test('is killed when it does not end by itself', async () => {
    const file = join(scratch(), 'main.mjs');
    writeFileSync(file, 'process.on("message", () => {}); setInterval(() => {}, 1000);');
    const { said } = await rig({ file, silenceMs: 200 });
    await said(/warn Bluetooth: nobody was heard for 0.2 s/);
    await said(/its process is/, 2);
  });

  test('hands packets over later than they were heard, and says when that was', async () => {
    const { radio, next } = await rig();
    await scanning(radio);
    say(radio, [packet]);
    const { value } = await next;
    // It waits 200 ms for others to go with it; a timer may be early by some of them.
    expect(now().uptimeMs - (value?.moment.uptimeMs ?? 0)).toBeGreaterThan(150);
  });

  test('is started anew when it grows', async () => {
    const { radio, receiver, said } = await rig({ heapBytesMax: 1 });
    for (let round = 1; round <= 2; round++) {
      await scanning(radio);
      say(radio, [packet]);
      await said(/info Bluetooth: its process grew to \d+ MiB and is started anew/);
      await said(/its process is/, round + 1);
    }
    await said(/info Bluetooth: heard again, \d+(\.\d)? s without reception/);
    expect(receiver.counters()['heavy']).toBeGreaterThanOrEqual(1);
  });

  test('leaves signals to its parent', async () => {
    const { radio, receiver, next, ...said } = await rig();
    const id = await said.processId();
    await scanning(radio);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(id, signal);
    say(radio, [packet]);
    expect((await next).value).toMatchObject({ address: packet.address });
    expect(receiver.counters()['crashed']).toBe(0);
  });

  test('ends with its parent, however that ends', async () => {
    const { radio, adapter } = await virtualAdapter();
    const program = fileURLToPath(new URL('watched-parent-program.ts', import.meta.url));
    const parent = spawn(process.execPath, [program, adapter], { stdio: ['ignore', 'ignore', 'inherit'] });
    await scanning(radio);
    parent.kill('SIGKILL');
    // Its end of the connection closes with the process.
    while (radio.scanning) await once(radio.events, 'scan');
  });

  test('works from a bundle too', async () => {
    const outdir = scratch();
    await build({
      entryPoints: [radioChildProgram],
      outdir,
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minifySyntax: true,
      external: ['@stoprocent/noble', 'serialport'],
      logLevel: 'error',
    });
    writeFileSync(join(outdir, 'package.json'), '{"type":"module"}');
    const { radio, next } = await rig({ file: join(outdir, 'radio-child-program.js') });
    await scanning(radio);
    say(radio, [packet]);
    expect((await next).value).toMatchObject({ address: packet.address, payload: packet.payload });
  });
});
