// The program's own sources and the libraries they use as one folder of scripts, and the licences of those libraries.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { manifestOf, packageFolder } from './manifest.ts';
import { type Product, sourceFolder } from './products.ts';

const absentLibrary = fileURLToPath(new URL('absent.ts', import.meta.url));
const absentWriter = fileURLToPath(new URL('absent-writer.cjs', import.meta.url));
const scriptLoader = fileURLToPath(new URL('load-script.ts', import.meta.url));

/** Bundles into `app`. */
export async function bundleSources(root: string, product: Product, app: string): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: product.entries,
    outdir: app,
    bundle: true,
    platform: 'node',
    target: 'node24',
    ...forms[product.scripts](
      Object.values(product.entries).map((source) => join(root, source)),
      product.keepsCompiled,
    ),
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    external: [...product.external],
    alias: {
      ...{ ws: absentLibrary, socks: absentLibrary, 'worker-timers': absentLibrary },
      'sonic-boom': absentWriter,
    },
    logLevel: 'warning',
  });
  const main = join(app, 'main.js');
  // The launcher starts it; the first line of the sources would start another Node.
  writeFileSync(main, readFileSync(main, 'utf8').replace(/^#!.*\n/, ''));
  writeFileSync(join(app, 'package.json'), `${JSON.stringify({ type: product.scripts })}\n`);
  const bundled = Object.keys(result.metafile.inputs).flatMap(libraryFolder);
  const inPage = product.pageLibraries.map((name) => packageFolder(name, join(root, sourceFolder(product))));
  const folders = [
    ...bundled.map((folder) => join(root, folder)),
    ...inPage.filter((folder) => folder !== undefined),
  ];
  writeFileSync(join(app, 'THIRD-PARTY.txt'), licencesOf(folders));
}

/** What each kind of script takes, with the sources that become scripts of their own. */
const forms: {
  readonly [scripts in Product['scripts']]: (
    entries: readonly string[],
    keepsCompiled: Product['keepsCompiled'],
  ) => BuildOptions;
} = {
  module: () => ({
    format: 'esm',
    // A command loads only what it needs.
    splitting: true,
    // Libraries in CommonJS ask for Node's modules by require.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
  }),
  commonjs: (entries, keepsCompiled) => ({
    format: 'cjs',
    // Node's own `import` would load what this form is there to leave out.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'urlOfBundle' },
    // What is bundled is strict, as modules are.
    banner: { js: "'use strict';const urlOfBundle = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [programsApart(entries, keepsCompiled)],
  }),
};

/** One program that loads another one loads its file, instead of having all of it inside. */
const programsApart = (entries: readonly string[], keepsCompiled: Product['keepsCompiled']): Plugin => ({
  name: 'programs-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.ts$/, namespace: 'file' }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || !entries.includes(join(resolveDir, path))) return undefined;
      const script = `${basename(path, '.ts')}.js`;
      if (script === keepsCompiled?.script) return { path: script, namespace: 'compiled' };
      return { path: `./${script}`, external: true };
    });
    onLoad({ filter: /$/, namespace: 'compiled' }, ({ path }) => ({
      resolveDir: dirname(scriptLoader),
      contents: `const { loadScript } = require(${JSON.stringify(scriptLoader)});
        const file = ${JSON.stringify(`/${path}`)};
        module.exports = loadScript(__dirname + file, process.argv.includes(${JSON.stringify(keepsCompiled?.by)}));`,
    }));
  },
});

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
