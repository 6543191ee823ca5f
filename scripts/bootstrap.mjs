// Runs on Node 20 or newer: installs what the lockfile says when that changed, then runs the given program on Node 24.
// Plain JavaScript without dependencies, because nothing is installed yet when it starts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const nodeMajor = Number.parseInt(process.versions.node, 10);
/** For a program that nobody waits for any more to come to its end. */
const orphanMsMax = 30_000;

if (nodeMajor < 20) fail(`Node 20 or newer is needed to begin with; this is ${process.version}.`);
await installIfStale();
const node = workspaceNode();
const [program, ...rest] = process.argv.slice(2);
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
process.exitCode = await run(node, [join(root, program), ...rest], {
  cwd: process.env.INIT_CWD ?? root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
});

/** Resolves with the exit code. What ends this process ends the command as well. */
function run(command, parameters, options) {
  const child = spawn(command, parameters, options);
  // Ctrl-C reaches the child by itself as well; a program treats a repeated signal like the first.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const pass = (signal) => (options.detached ? process.kill(-child.pid, signal) : child.kill(signal));
  for (const signal of signals) process.on(signal, pass);
  // npm killed by SIGKILL tells nobody: the change of parent is the only sign.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    pass('SIGTERM');
    setTimeout(() => pass('SIGKILL'), orphanMsMax).unref();
  }, 500);
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`Could not start ${command}: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, pass);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

async function installIfStale() {
  const stamp = join(root, 'node_modules', '.installed');
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(stamp, { force: true });
  console.error('Installing what the lockfile lists (the first time, and when it changed) ...');
  const flags = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  const parameters = ['--yes', '--prefer-offline', manifest.packageManager, ...flags];
  // A group of its own: npx does not end what it started.
  const code = await run('npx', parameters, { cwd: root, stdio: ['ignore', 2, 2], detached: true });
  if (code > 128) process.exit(code);
  if (code !== 0) fail('The packages could not be installed; the lines above say why.');
  writeFileSync(stamp, wanted);
}

function fingerprint() {
  const manifests = readdirSync(join(root, 'packages'))
    .map((name) => join('packages', name, 'package.json'))
    .filter((file) => existsSync(join(root, file)));
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function workspaceNode() {
  const require = createRequire(join(root, 'package.json'));
  try {
    const packaged = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(packaged), 'bin', 'node');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  if (nodeMajor >= 24) return process.execPath;
  return fail(
    `Node 24 or newer is needed on ${process.platform}-${process.arch} (this is ${process.version}): no package brings it.`,
  );
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
