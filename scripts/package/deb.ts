// A Debian package and a tarball out of a tree, reproducible: the same sources give the same bytes.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Product, products } from './products.ts';
import { type Build, makeHome, makeTree, normalise } from './tree.ts';

const maintainer = 'The Wattline authors <wattline@localhost>';

/** The number of threads does not show in the bytes. */
const compressions = {
  small: ['-Zxz', '--threads-max=2'],
  /** A third larger, in a tenth of the time. */
  quick: ['-Zxz', '-z0', '--threads-max=2'],
} as const;

/** Builds the package; returns its path. Needs `dpkg-deb`. */
export async function makeDeb(
  build: Build,
  product: Product,
  out: string,
  compression: keyof typeof compressions,
): Promise<string> {
  const tree = join(out, `${product.name}_${build.architecture}`);
  rmSync(tree, { recursive: true, force: true });
  await makeTree(build, product, tree);
  writeDocuments(build, product, tree);
  writeControl(build, product, tree);
  normalise(tree, build.epoch);
  const deb = join(out, `${product.name}_${build.version}_${build.architecture}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', ...compressions[compression], '--build', tree, deb], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(build.epoch) },
  });
  rmSync(tree, { recursive: true, force: true });
  return deb;
}

/** The same program as a folder to unpack anywhere, for systems without dpkg. Needs `tar`. */
export async function makeTarball(build: Build, product: Product, out: string): Promise<string> {
  const name = `${product.name}-${build.version}-linux-${build.architecture}`;
  const home = join(out, name);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await makeHome(build, product, home);
  normalise(home, build.epoch);
  const tarball = join(out, `${name}.tar.xz`);
  const owner = ['--owner=0', '--group=0', '--numeric-owner', `--mtime=@${build.epoch}`, '--sort=name'];
  execFileSync('tar', [...owner, '-C', out, '-cf', tarball, '-I', 'xz -T2', name], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(home, { recursive: true, force: true });
  return tarball;
}

function writeControl(build: Build, product: Product, tree: string): void {
  const control = join(tree, 'DEBIAN');
  const files = filesOf(tree);
  mkdirSync(control, { recursive: true });
  const installedKiB = Math.ceil(files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
  const recommends = product.recommends.length > 0 ? `Recommends: ${product.recommends.join(', ')}\n` : '';
  writeFileSync(
    join(control, 'control'),
    `Package: ${product.name}\nVersion: ${build.version}\nArchitecture: ${build.architecture}\n` +
      `Maintainer: ${maintainer}\nSection: misc\nPriority: optional\n` +
      `Installed-Size: ${installedKiB}\nDepends: ${product.depends.join(', ')}\n${recommends}` +
      `Description: ${product.summary}\n ${product.description}\n`,
  );
  const sums = files.map(
    (file) => `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${relative(tree, file)}`,
  );
  writeFileSync(join(control, 'md5sums'), `${sums.sort().join('\n')}\n`);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    writeFileSync(join(control, script), fillIn(build, product, script));
  }
}

/** A file of deploy/deb with this product's words in the place of its marks. */
function fillIn(build: Build, product: Product, file: string): string {
  const words: { readonly [mark: string]: string } = {
    '@package@': product.name,
    '@other@': products.find(({ name }) => name !== product.name)?.name ?? '',
    '@units@': product.unitsEnabled.join(' '),
    '@others@': product.unitsOther.join(' '),
    '@configuration@': product.configuration,
    '@state@': product.state.join(' '),
  };
  const text = readFileSync(join(build.root, 'deploy/deb', file), 'utf8');
  return text.replace(/@[a-z]+@/g, (mark) => {
    const word = words[mark];
    if (word === undefined) throw new Error(`deploy/deb/${file}: nothing stands for ${mark}`);
    return word;
  });
}

function writeDocuments(build: Build, product: Product, tree: string): void {
  const date = new Date(build.epoch * 1000).toUTCString().replace('GMT', '+0000');
  const text =
    `${product.name} (${build.version}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n` +
    ` -- ${maintainer}  ${date}\n`;
  writeFileSync(join(tree, 'usr/share/doc', product.name, 'changelog.gz'), gzipSync(text, { level: 9 }));
  const overrides = join(tree, 'usr/share/lintian/overrides');
  mkdirSync(overrides, { recursive: true });
  writeFileSync(join(overrides, product.name), fillIn(build, product, 'lintian-overrides'));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}
