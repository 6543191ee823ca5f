// Writes what is derived from the declarations: device pages, configuration schemas, dashboards.
// `--check` writes nothing and fails when a file differs: generated files are never edited.

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devicePagesFolder, generateDevicePages } from './generate/device-pages.ts';
import { generateGrafana, grafanaFolder } from './generate/grafana.ts';
import { generateSchemas } from './generate/schemas.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkOnly = process.argv.includes('--check');

const generated = [...generateDevicePages(), ...generateSchemas(), ...generateGrafana()];
const stale: string[] = [];
for (const { path, content } of generated) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale.push(path);
  if (checkOnly) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
/** Of definitions and kinds that there are no more. */
const leftOver = globSync([`${devicePagesFolder}/*.md`, `${grafanaFolder}/dashboards/*.json`], {
  cwd: root,
}).filter((page) => !generated.some(({ path }) => path === page));
if (!checkOnly) for (const path of leftOver) rmSync(join(root, path));
for (const path of stale) console.log(`${checkOnly ? 'differs' : 'written'}: ${path}`);
for (const path of leftOver) console.log(`${checkOnly ? 'left over' : 'removed'}: ${path}`);
if (checkOnly && stale.length + leftOver.length > 0) {
  console.error('Generated files differ from their declarations: run npm run generate and commit.');
  process.exit(1);
}
