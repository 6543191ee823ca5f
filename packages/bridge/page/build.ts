// Builds the page into a folder of static files: one HTML, one script, one style sheet, one icon, words of other languages, all beside it,
// each also compressed, so that a small machine does not do it for every reader.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Empties `outDir` and writes the page into it. */
export async function buildPage(outDir: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    // Relative addresses: the page works behind any prefix of a reverse proxy.
    base: './',
    // Calls of `h` are smaller than those of the automatic runtime.
    oxc: {
      jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment', development: false },
      jsxInject: "import { Fragment, h } from 'preact'",
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // The content policy allows no data: address.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  await compress(outDir);
}

const compressors = [
  ['gz', promisify(gzip)],
  ['br', promisify(brotliCompress)],
] as const;

/** Below this the head of a compressed answer eats what it saves. */
const bytesMin = 1024;

async function compress(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) {
    const bytes = await readFile(file);
    if (bytes.length < bytesMin) continue;
    for (const [extension, pack] of compressors) await writeFile(`${file}.${extension}`, await pack(bytes));
  }
}
