// `npm run package`: both programs as Debian packages (amd64, arm64) and as tarballs, into out/.
// `-- --only wattline-agent --arch amd64 --format deb` builds a part, `-- --out DIR` elsewhere, `-- --quick` in less time
// and larger.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeDeb, makeTarball } from './deb.ts';
import { type Architecture, nodeArchitecture, products } from './products.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    arch: { type: 'string', multiple: true },
    format: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'out') },
  },
});
const names = chosen(
  'only',
  products.map(({ name }) => name),
);
const architectures = chosen('arch', Object.keys(nodeArchitecture) as Architecture[]);
const formats = chosen('format', ['deb', 'tar']);
const out = resolve(values.out);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Those that were asked for; all when none was. */
function chosen<Word extends string>(option: 'only' | 'arch' | 'format', known: readonly Word[]): Word[] {
  const asked: readonly string[] = values[option] ?? known;
  const unknown = asked.filter((word) => !known.some((one) => one === word));
  if (unknown.length > 0) {
    console.error(`--${option} takes ${known.join(' or ')}, not ${unknown.join(', ')}`);
    process.exit(2);
  }
  return known.filter((word) => asked.includes(word));
}

/** The time of the newest commit, or what the caller wants. */
function buildEpoch(): number {
  const wanted = process.env['SOURCE_DATE_EPOCH'];
  if (wanted !== undefined) return Number(wanted);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim());
}

const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

mkdirSync(out, { recursive: true });
for (const product of products.filter(({ name }) => names.includes(name))) {
  for (const architecture of architectures) {
    const build = { root, version, epoch: buildEpoch(), architecture };
    for (const format of formats) {
      if (format === 'deb' && !has('dpkg-deb')) {
        console.error(
          `${product.name} for ${architecture}: no .deb, dpkg-deb is missing (Debian package dpkg)`,
        );
        // A machine of another kind still gives the tarballs.
        if (values.format !== undefined) process.exitCode = 1;
        continue;
      }
      const file =
        format === 'deb'
          ? await makeDeb(build, product, out, values.quick ? 'quick' : 'small')
          : await makeTarball(build, product, out);
      console.log(`${file} ${(statSync(file).size / 1e6).toFixed(1)} MB`);
    }
  }
}
