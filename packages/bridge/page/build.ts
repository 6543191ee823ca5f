// Builds the page into a folder of static files: one HTML, one script, one style sheet, one icon, all loaded from beside it.

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Where the built page lies unless the caller wants it elsewhere; ignored by git. */
export const builtPage = fileURLToPath(new URL('dist', import.meta.url));

/** Empties `outDir` and writes the page into it. */
export async function buildPage(outDir: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    // Relative addresses: the page works behind any prefix of a reverse proxy.
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
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
}
