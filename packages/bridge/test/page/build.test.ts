// What is built: small enough for a slow link, quick to make, and within the content policy.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../../page/build.ts';

let dir = '';
let tookMs = 0;

/** Bytes of all files of an extension, as sent. */
async function gzipped(extension: string): Promise<number> {
  const files = await readdir(dir, { recursive: true });
  const sizes = files
    .filter((file) => extname(file) === extension)
    .map(async (file) => gzipSync(await readFile(join(dir, file))).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-build-'));
  const started = performance.now();
  await buildPage(dir);
  tookMs = performance.now() - started;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the built page', () => {
  test('keeps its budget', async () => {
    expect(await gzipped('.js')).toBeLessThan(60_000);
    expect(await gzipped('.css')).toBeLessThan(10_000);
    expect((await readFile(join(dir, 'index.html'))).length).toBeLessThan(6_000);
    expect(await gzipped('.js')).toBeGreaterThan(10_000);
  });

  test('is built in three seconds', () => {
    expect(tookMs).toBeLessThan(3_000);
  });

  test('has no script, style or address in its HTML that the content policy forbids', async () => {
    const html = await readFile(join(dir, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|data:|https?:/);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });

  test('lies there compressed as well', async () => {
    const files = await readdir(join(dir, 'assets'));
    for (const file of files.filter((name) => /\.(js|css)$/.test(name))) {
      expect(files).toContain(`${file}.gz`);
      expect(files).toContain(`${file}.br`);
    }
  });
});
