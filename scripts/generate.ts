// Writes what is derived from the declarations: device pages, configuration schemas.
// `--check` writes nothing and fails when a file differs: generated files are never edited.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateDevicePages } from './generate/device-pages.ts';
import { generateSchemas } from './generate/schemas.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkOnly = process.argv.includes('--check');

const stale: string[] = [];
for (const { path, content } of [...generateDevicePages(), ...generateSchemas()]) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale.push(path);
  if (checkOnly) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
for (const path of stale) console.log(`${checkOnly ? 'differs' : 'written'}: ${path}`);
if (checkOnly && stale.length > 0) {
  console.error('Generated files differ from their declarations: run npm run generate and commit.');
  process.exit(1);
}
