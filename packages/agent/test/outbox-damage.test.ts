import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Entry, readEntry, readRange } from '../src/outbox/entry.ts';
import { readBlocks } from '../src/outbox/files.ts';
import { encodeFrame, readFrames } from '../src/outbox/frame.ts';
import type { StoredEntry } from '../src/outbox/segment.ts';
import { dayMs, entry, open, putFiles, startMs, takeFiles, waiting } from './outbox-scratch.ts';

/** Frames of a real segment and where each begins and ends. */
async function segmentOf(entries: readonly Entry[]): Promise<{ bytes: Buffer; ends: number[] }> {
  const path = scratchFolder();
  const outbox = await open(path);
  const stored = await Promise.all(entries.map(outbox.append));
  await outbox.close();
  return {
    bytes: takeFiles(path).get('00000001.log') ?? Buffer.alloc(0),
    ends: stored.map(({ end }) => end),
  };
}

const few = Array.from({ length: 6 }, (_, index) =>
  entry(index, { payload: `{"\u00e9":"${'x'.repeat(index * 7)}"}` }),
);

test('a file cut at any byte keeps every entry before the cut and takes new ones', async () => {
  const { bytes, ends } = await segmentOf(few);
  const path = scratchFolder();
  for (let length = 0; length <= bytes.length; length += 1) {
    putFiles(path, new Map([['00000001.log', bytes.subarray(0, length)]]));
    const kept = few.filter((_, index) => (ends[index] ?? Number.NaN) <= length);
    const outbox = await open(path);
    expect(await waiting(outbox)).toEqual(kept);
    await outbox.append(entry(100));
    await outbox.close();
    const again = await open(path);
    expect(await waiting(again)).toEqual([...kept, entry(100)]);
    await again.close();
  }
});

test('a sound frame of another kind or version is no entry and no range', () => {
  expect(readEntry('["s",0,5,true,"t"]\n{}')).toMatchObject({ stream: 's', sequence: 0, timeMs: 5 });
  for (const head of [
    ...['[1,0,5,true,"t"]', '["s",-1,5,true,"t"]', '["s","0",5,true,"t"]', '["s",0,"5",true,"t"]'],
    ...['["s",0,5,1,"t"]', '["s",0,5,true,7]', '["s",0,5,true]', '{"s":0}', 's 0 5'],
  ])
    expect(readEntry(`${head}\n{}`), head).toBeUndefined();
  expect(readEntry('["s",0,5,true,"t"]')).toBeUndefined();
  expect(readRange('["s",2,2]')).toEqual({ stream: 's', from: 2, to: 2 });
  for (const body of ['[1,2,2]', '["s",3,2]', '["s",-1,2]', '["s",0,"2"]', '["s",0]', '{}'])
    expect(readRange(body), body).toBeUndefined();
});

test('what was given up and not yet marked before a cut does not come again, also once it was announced', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  for (const days of [0, 5]) await outbox.append(entry(days, { timeMs: startMs + days * dayMs }));
  const before = takeFiles(path);
  await outbox.expire(startMs + 91 * dayMs);
  const evicted = takeFiles(path).get('evicted') ?? Buffer.alloc(0);
  await outbox.close();
  putFiles(path, new Map([...before, ['evicted', evicted]]));
  const cut = await open(path);
  await cut.announced(cut.evicted());
  await cut.close();
  const again = await open(path);
  expect((await waiting(again)).map(({ sequence }) => sequence)).toEqual([5]);
  await again.close();
});

test('a byte changed anywhere costs the entry it lies in and no other', async () => {
  const { bytes, ends } = await segmentOf(few);
  const path = scratchFolder();
  for (let at = 0; at < bytes.length; at += 1) {
    for (const change of [0x01, 0x80, 0xff]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      putFiles(path, new Map([['00000001.log', damaged]]));
      const hit = ends.findIndex((end) => at < end);
      const outbox = await open(path);
      expect(await waiting(outbox)).toEqual(few.filter((_, index) => index !== hit));
      expect(outbox.status().corruptBytes).toBe((ends[hit] ?? 0) - (ends[hit - 1] ?? 0));
      await outbox.close();
    }
  }
});

test('a hole of zeros or of foreign bytes costs only the entries it touches', async () => {
  const { bytes, ends } = await segmentOf(few);
  const path = scratchFolder();
  const hole = fc.record({
    from: fc.nat(bytes.length - 1),
    length: fc.integer({ min: 1, max: bytes.length }),
    fill: fc.oneof(
      fc.constant(Buffer.alloc(1)),
      fc.uint8Array({ minLength: 1, maxLength: 64 }).map(Buffer.from),
    ),
  });
  await fc.assert(
    fc.asyncProperty(hole, async ({ from, length, fill }) => {
      const damaged = Buffer.from(bytes).fill(fill, from, Math.min(bytes.length, from + length));
      putFiles(path, new Map([['00000001.log', damaged]]));
      const untouched = few.filter((_, index) => {
        const begin = ends[index - 1] ?? 0;
        const end = ends[index] ?? 0;
        return bytes.subarray(begin, end).equals(damaged.subarray(begin, end));
      });
      const outbox = await open(path);
      expect(await waiting(outbox)).toEqual(untouched);
      await outbox.close();
    }),
    { numRuns: 300 },
  );
});

test('marks cut or changed at any byte at worst bring a confirmed entry again', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  const stored = await Promise.all(few.map(outbox.append));
  for (const index of [0, 2, 3]) await outbox.confirm(stored.slice(index, index + 1));
  await outbox.close();
  const files = takeFiles(path);
  const done = files.get('00000001.done') ?? Buffer.alloc(0);
  const unconfirmed = [1, 4, 5].map((index) => few[index]);
  const damages = Array.from({ length: done.length }, (_, at) => {
    const changed = Buffer.from(done);
    changed[at] = (changed[at] ?? 0) ^ 0x20;
    return [done.subarray(0, at), changed];
  }).flat();
  for (const damaged of damages) {
    putFiles(path, new Map(files).set('00000001.done', damaged));
    const again = await open(path);
    const left = await waiting(again);
    expect(left).toEqual(expect.arrayContaining(unconfirmed));
    expect(few).toEqual(expect.arrayContaining(left));
    // Later marks are still understood.
    await again.confirm(await again.read(undefined, () => true));
    expect(again.status().readings).toBe(0);
    await again.close();
  }
});

test('a byte changed in what is to be announced costs the range it lies in and no other', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  for (const sequence of [0, 2, 4]) await outbox.append(entry(sequence));
  await outbox.append(entry(5, { timeMs: entry(0).timeMs + 91 * dayMs }));
  await outbox.expire(entry(5).timeMs + 90 * dayMs);
  const ranges = outbox.evicted();
  expect(ranges).toHaveLength(3);
  await outbox.close();
  const files = takeFiles(path);
  const sound = files.get('evicted') ?? Buffer.alloc(0);
  for (let at = 0; at < sound.length; at += 1) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    putFiles(path, new Map(files).set('evicted', damaged));
    const again = await open(path);
    const hit = Math.floor((at * ranges.length) / sound.length);
    expect(again.evicted()).toEqual(ranges.filter((_, index) => index !== hit));
    expect((await waiting(again)).map(({ sequence }) => sequence)).toEqual([5]);
    await again.close();
  }
});

test('a payload that holds a whole frame is not taken for one, even when its own frame is damaged', () => {
  const inner = encodeFrame('invented').toString('latin1');
  const frame = encodeFrame(inner);
  for (let at = 0; at < 12; at += 1) {
    const damaged = Buffer.from(frame);
    damaged[at] = (damaged[at] ?? 0) ^ 0x04;
    expect(readFrames(damaged)).toEqual({ frames: [], corruptBytes: frame.length });
  }
});

test('a marker whose record was never written is no empty record', () => {
  const lost = Buffer.concat([encodeFrame('lost').subarray(0, 4), Buffer.alloc(512)]);
  expect(readFrames(lost)).toEqual({ frames: [], corruptBytes: lost.length });
});

test('a block that the disk cannot read costs the entries in it and no other', async () => {
  const many = Array.from({ length: 60 }, (_, index) => entry(index, { payload: 'x'.repeat(200) }));
  const { bytes, ends } = await segmentOf(many);
  const read = await readBlocks(bytes.length, async (into, from) => {
    if (from === 4096) throw Object.assign(new Error('read'), { code: 'EIO' });
    bytes.copy(into, 0, from);
  });
  const path = scratchFolder();
  putFiles(path, new Map([['00000001.log', read]]));
  const outbox = await open(path);
  const untouched = many.filter((_, index) => (ends[index] ?? 0) <= 4096 || (ends[index - 1] ?? 0) >= 8192);
  expect(untouched.length).toBeGreaterThan(30);
  expect(await waiting(outbox)).toEqual(untouched);
  await outbox.close();
});

test('a disk that refuses is named with its folder, and nothing is given up or forgotten', async () => {
  const path = scratchFolder();
  const outbox = await open(path);
  for (const sequence of [0, 1]) await outbox.append(entry(sequence));
  rmSync(join(path, '00000001.log'));
  mkdirSync(join(path, '00000001.log'));
  mkdirSync(join(path, 'evicted.new'));
  const refusal = (what: string) => ({
    code: 'failed',
    message: expect.stringMatching(`${path} ${what}: .*EISDIR`),
  });
  await expect(outbox.oldestMs()).rejects.toMatchObject(refusal('cannot be read'));
  await expect(outbox.read(undefined, () => true)).rejects.toMatchObject(refusal('cannot be read'));
  await expect(outbox.expire(startMs + 91 * dayMs)).rejects.toMatchObject(
    refusal('cannot give up what is too old'),
  );
  await expect(outbox.announced([])).rejects.toMatchObject(refusal('cannot note what was announced'));
  expect(outbox.status()).toMatchObject({ readings: 2, evicted: 0 });
  await outbox.close();
});

test('any bytes at all are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      const frame = encodeFrame('sound');
      const { frames, corruptBytes } = readFrames(Buffer.concat([noise, frame]));
      expect(frames.map(({ body }) => body)).toEqual(['sound']);
      expect(corruptBytes).toBe(noise.length);
    }),
  );
});

type Step =
  | { readonly do: 'append'; readonly count: number; readonly size: number }
  | { readonly do: 'confirm'; readonly which: number }
  | { readonly do: 'expire'; readonly before: number }
  | { readonly do: 'announce' }
  | { readonly do: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append'),
      count: fc.integer({ min: 1, max: 12 }),
      size: fc.nat(600),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('confirm'), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire'), before: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('announce') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen') }) },
) as fc.Arbitrary<Step>;

/** Plays a history and checks after every step that each accepted entry waits, was confirmed or is announced as given up. */
async function play(steps: readonly Step[]): Promise<void> {
  const path = scratchFolder();
  let outbox = await open(path, 24 * 1024);
  const accepted = new Map<number, Entry>();
  const confirmed = new Set<number>();
  const announced = new Set<number>();
  const sequencesOf = (): number[] =>
    outbox
      .evicted()
      .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
  for (const action of steps) {
    if (action.do === 'append') {
      const batch = Array.from({ length: action.count }, (_, index) =>
        entry(accepted.size + index, { payload: 'p'.repeat(action.size), topic: `t/t/${index % 3}` }),
      );
      for (const stored of await Promise.all(batch.map(outbox.append))) {
        const { segment: _, end: __, ...plain } = stored;
        accepted.set(stored.sequence, plain);
      }
    } else if (action.do === 'confirm') {
      const batch: readonly StoredEntry[] = await outbox.read(undefined, () => true);
      const chosen = batch.filter((_, index) => (action.which >> (index % 16)) % 2 === 1);
      await outbox.confirm(chosen);
      for (const { sequence } of chosen) confirmed.add(sequence);
    } else if (action.do === 'expire') {
      await outbox.expire(entry(action.before).timeMs + 90 * 86_400_000);
    } else if (action.do === 'announce') {
      for (const sequence of sequencesOf()) announced.add(sequence);
      await outbox.announced(outbox.evicted());
    } else {
      await outbox.close();
      outbox = await open(path, 24 * 1024);
    }
    const gone = new Set([...confirmed, ...announced, ...sequencesOf()]);
    const left = await waiting(outbox);
    expect(left).toEqual([...accepted.values()].filter(({ sequence }) => !gone.has(sequence)));
    expect(outbox.status().readings).toBe(left.length);
    expect(outbox.status().bytes).toBeLessThan(26 * 1024);
  }
  await outbox.close();
}

test('through any history each accepted entry waits, was confirmed, or is announced as given up', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), play), { numRuns: 150 });
}, 60_000);
