// The program's own sources and the libraries they use as one folder of scripts, and the licences of those libraries.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { manifestOf, packageFolder } from './manifest.ts';
import { type Product, sourceFolder } from './products.ts';

const absentLibrary = fileURLToPath(new URL('absent.ts', import.meta.url));

/** Bundles into `app`. Splitting keeps the start short: a command loads only what it needs. */
export async function bundleSources(root: string, product: Product, app: string): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: product.entries,
    outdir: app,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    external: [...product.external],
    alias: { ws: absentLibrary, socks: absentLibrary },
    // Libraries in CommonJS ask for Node's modules by require.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const main = join(app, 'main.js');
  // The launcher starts it; the first line of the sources would start another Node.
  writeFileSync(main, readFileSync(main, 'utf8').replace(/^#!.*\n/, ''));
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }\n');
  const bundled = Object.keys(result.metafile.inputs).flatMap(libraryFolder);
  const inPage = product.pageLibraries.map((name) => packageFolder(name, join(root, sourceFolder(product))));
  const folders = [
    ...bundled.map((folder) => join(root, folder)),
    ...inPage.filter((folder) => folder !== undefined),
  ];
  writeFileSync(join(app, 'THIRD-PARTY.txt'), licencesOf(folders));
}

function libraryFolder(input: string): string[] {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
  return folder === undefined ? [] : [folder];
}

/** Name, version and licence of every library, each with the text that its licence asks to be passed on. */
function licencesOf(folders: readonly string[]): string {
  const texts = [...new Set(folders)].map((folder) => {
    const { name, version, license } = manifestOf(folder);
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    return `${name} ${version} (${license ?? 'see its text'})\n${text}`;
  });
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n`);
}
