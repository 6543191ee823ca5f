// The rules of the house that no compiler knows: who may import whom, how long a file may be, what stays out of it.

import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Not what is built or installed. */
const files = globSync(['**/*', '.ci/*'], {
  cwd: root,
  exclude: ['**/node_modules/**', '**/dist/**', 'out/**', '**/*.log'],
  withFileTypes: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const sources = files.filter((file) => /\.(ts|tsx|mjs)$/.test(file) && !/generated/.test(file));
const text = new Map(sources.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const product = sources.filter((file) => /^packages\/[^/]+\/(src|page)\//.test(file));

const linesMax = 300;

/** Packages of ours, and Node's modules, that each folder may import. Libraries are pinned by package.json. */
const mayImport: { readonly [folder: string]: readonly string[] } = {
  'packages/protocols/src': [],
  'packages/program/src': [],
  'packages/agent/src': ['@wattline/protocols', '@wattline/program'],
  'packages/bridge/src': ['@wattline/protocols', '@wattline/program'],
  'packages/bridge/page': ['@wattline/protocols'],
  'packages/simulator/src': ['@wattline/protocols', '@wattline/program'],
};

/** Inside protocols values point one way; types may point back where that closes no circle. */
const protocolsOrder = [
  'where',
  'field',
  'kinds',
  'reading',
  'session',
  'device',
  'framing',
  'devices',
  'replaced',
  'catalogue',
  'decode',
];

function importsOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const found = (text.get(file) ?? '').matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gms,
  );
  return [...found].map((match) => ({
    specifier: match[2] ?? match[3] ?? match[4] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}

/** Files of this repository that a file imports. */
const localImportsOf = (file: string): string[] =>
  importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(dirname(file), specifier));

const folderOf = (file: string): string =>
  Object.keys(mayImport).find((folder) => file.startsWith(`${folder}/`)) ?? '';

describe('layering', () => {
  test('a package imports only the packages of ours below it', () => {
    const wrong = product.flatMap((file) =>
      importsOf(file)
        .filter(
          ({ specifier }) =>
            specifier.startsWith('@wattline/') &&
            !mayImport[folderOf(file)]?.includes(specifier.split('/').slice(0, 2).join('/')),
        )
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('a relative import stays inside its package', () => {
    const wrong = product.flatMap((file) =>
      localImportsOf(file)
        .filter((target) => !target.startsWith(file.split('/').slice(0, 2).join('/')))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('protocols imports nothing but itself', () => {
    const wrong = product
      .filter((file) => file.startsWith('packages/protocols/'))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => !specifier.startsWith('.'))
          .map(({ specifier }) => `${file} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  test('no files import each other in a circle, not even types', () => {
    const imported = new Map(sources.map((file) => [file, localImportsOf(file)]));
    // What imports nothing that is left, or is imported by nothing that is left, is in no circle.
    for (let before = 0; before !== imported.size; ) {
      before = imported.size;
      const wanted = new Set([...imported.values()].flat());
      for (const [file, targets] of imported) {
        if (!wanted.has(file) || !targets.some((target) => imported.has(target))) imported.delete(file);
      }
    }
    const wrong = [...imported].flatMap(([file, targets]) =>
      targets.filter((target) => imported.has(target)).map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('inside protocols values are imported one way only', () => {
    const rank = (file: string) => protocolsOrder.indexOf(file.split('/')[3]?.replace(/\.ts$/, '') ?? '');
    const wrong = product
      .filter((file) => file.startsWith('packages/protocols/src/') && rank(file) >= 0)
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
          .map(({ specifier }) => posix.join(dirname(file), specifier))
          .filter((target) => rank(target) > rank(file))
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('protocols has no clock, no environment, no timer', () => {
    const wrong = product
      .filter((file) => file.startsWith('packages/protocols/src/'))
      .filter((file) =>
        /Date\.now|new Date\(\)|performance\.|process\.|setTimeout|setInterval|Math\.random/.test(
          text.get(file) ?? '',
        ),
      );
    expect(wrong).toEqual([]);
  });

  test('only a program’s main file reads the environment', () => {
    const wrong = product
      .filter((file) => /process\.(env|argv)/.test(text.get(file) ?? ''))
      .filter((file) => !/(^|\/)main\.ts$/.test(file));
    expect(wrong).toEqual([]);
  });
});

describe('size and names', () => {
  test(`no source file is longer than ${linesMax} lines`, () => {
    const long = sources
      .map((file) => [file, (text.get(file) ?? '').split('\n').length - 1] as const)
      .filter(([, lines]) => lines > linesMax)
      .map(([file, lines]) => `${file}: ${lines}`);
    expect(long).toEqual([]);
  });

  test('no file is a drawer for everything', () => {
    expect(sources.filter((file) => /^(utils?|helpers?|common|misc)\./.test(basename(file)))).toEqual([]);
  });

  test('a source file says in its first lines what it is', () => {
    const silent = product
      .filter((file) => !/^(#!.*\n)?\/[/*]/.test(text.get(file) ?? ''))
      .filter((file) => !file.endsWith('/src/index.ts'));
    expect(silent).toEqual([]);
  });
});

test('each decision has a number of its own, and none is left out', () => {
  const numbers = files.flatMap((file) => /^docs\/decisions\/(\d{3})-/.exec(file)?.[1] ?? []).sort();
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(3, '0')));
});

describe('what stays out of the repository', () => {
  const self = 'scripts/test/tidy.test.ts';
  const prose = files.filter((file) => file !== self && !/\.(png|svg)$/.test(file));
  const having = (isWrong: (content: string) => boolean): string[] =>
    prose.filter((file) => isWrong(readFileSync(join(root, file), 'utf8')));

  test('unfinished marks and silenced tools', () => {
    const words = /\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-expect-error|biome-ignore|eslint-disable/;
    expect(having((content) => words.test(content))).toEqual([]);
  });

  test('where the checkout lies, and hosts that packages came from', () => {
    const registry = /:\/\/[\w.-]*(registry|npmjs|artifactory|verdaccio|nexus)[\w.-]*[:/]/;
    expect(having((content) => content.includes(`${root}/`) || registry.test(content))).toEqual([]);
  });

  // What the machine lacks is told by skipIf, which says why and fails with CI=true.
  test('tests that are switched off', () => {
    const off =
      /\b(test|it|describe)(\.\w+)*\.(only|skip|todo|fails)\b|\b(only|skip|todo|fails): true|\b(context|ctx)\.skip\(/;
    const wrong = sources.filter(
      (file) => file !== self && file.includes('/test/') && off.test(text.get(file) ?? ''),
    );
    expect(wrong).toEqual([]);
  });
});
