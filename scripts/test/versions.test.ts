import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const versionIn = (manifest: string): unknown =>
  JSON.parse(readFileSync(join(root, manifest), 'utf8')).version;

test('the workspace, its packages and the newest entry of the changelog have one version', () => {
  const [, newest] = /^## (\S+)/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) ?? [];
  const manifests = ['package.json', ...globSync('packages/*/package.json', { cwd: root })];
  expect(Object.fromEntries(manifests.map((file) => [file, versionIn(file)]))).toEqual(
    Object.fromEntries(manifests.map((file) => [file, newest])),
  );
});
