import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const manifests = ['package.json', ...globSync('packages/*/package.json', { cwd: root })];
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('the workspace, its packages and the newest entry of the changelog have one version', () => {
  const [, newest] = /^## (\S+)/m.exec(read('CHANGELOG.md')) ?? [];
  const versions = manifests.map((file) => [file, JSON.parse(read(file)).version]);
  expect(Object.fromEntries(versions)).toEqual(Object.fromEntries(manifests.map((file) => [file, newest])));
});

describe('dependencies', () => {
  const required = manifests.flatMap((file) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(file));
    return Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  });
  const libraries = required.filter(([, version]) => !version.startsWith('workspace:'));

  test('are pinned to one version each', () => {
    expect(libraries.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    const pins = new Set(libraries.map(([name, version]) => `${name} ${version}`));
    expect(pins.size).toBe(new Set(libraries.map(([name]) => name)).size);
  });

  test('are those, and only those, that have a reason', () => {
    const [, ...rows] = read('docs/decisions/dependencies.md').match(/^\|[^|]*/gm) ?? [];
    const reasoned = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(reasoned.sort()).toEqual([...new Set(libraries.map(([name]) => name))].sort());
  });
});
