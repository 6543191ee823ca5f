// The demonstration as a person starts it: what it shows, how it judges, and that it leaves nothing behind.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { type Ending, type RunningProgram, startFromSource } from '../src/services/program.ts';

const patience = { timeout: 90_000 };

function demo(
  words: readonly string[],
  environment: { readonly [name: string]: string } = {},
): RunningProgram {
  const program = startFromSource('demo', words, { folder: scratchFolder(), environment });
  onTestFinished(async () => void (await program.stop('SIGKILL')));
  return program;
}

const pageOf = (lines: readonly string[]): string | undefined =>
  lines.map((line) => /^ {2}Page {5}(\S+)/.exec(line)?.[1]).find((url) => url !== undefined);

/** The folder of a demonstration, as its programs say it. */
const folderOf = (said: string): string => {
  const folder = /configuration: (\S+)\/bridge\.yml/.exec(said)?.[1];
  if (folder === undefined) throw new Error(`no folder was said:\n${said}`);
  return folder;
};

/** Process ids and command lines of what runs out of the folder. */
function running(folder: string): { readonly pid: number; readonly command: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
    .filter(({ command }) => command.includes(folder));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function untilNothingRuns(folder: string): Promise<void> {
  while (running(folder).length > 0) await wait(50);
}

function expectNothingLeft({ stderr }: Ending): void {
  const folder = folderOf(stderr);
  expect(running(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
}

const devices = ['roof', 'bank', 'inverter', 'orion', 'shed', 'shed-battery', 'shed-more'];

test(
  'two at a time take different ports, show every device live and end by themselves',
  patience,
  async () => {
    const startedMs = performance.now();
    const words = ['--site', 'victron', '--for', '18s', '--history', '1h'];
    const both = [demo(words), demo(words)];
    for (const each of both) await each.untilPrinted((lines) => pageOf(lines) !== undefined);
    const pages = both.map(({ lines }) => pageOf(lines));
    expect(new Set(pages).size).toBe(2);
    for (const page of pages) expect((await fetch(page ?? '')).status).toBe(200);
    for (const each of both) {
      const ending = await each.ended;
      expect(ending).toMatchObject({ code: 0 });
      for (const name of devices) expect(ending.stdout).toMatch(new RegExp(`\n  ${name}: stored, newest 2`));
      expectNothingLeft(ending);
    }
    // Eighteen seconds, starting two at a time, and ending in order.
    expect(performance.now() - startedMs).toBeLessThan(18_000 + 10_000);
  },
);

test(
  'a device that is switched off is found missing: 1; missing terminals are said and the rest is shown',
  patience,
  async () => {
    const words = ['--for', '12s', '--history', '1h'];
    const hut = demo(['--site', 'inverter', ...words, '--fault', 'hut-axpert']);
    const ending = await demo(['--site', 'victron', ...words, '--fault', 'roof'], {
      PATH: scratchFolder(),
    }).ended;
    expect(ending.code).toBe(1);
    expect(ending.stdout).toMatch(
      /\n {2}Missing {2}shed \(VE\.Direct cable\): no pseudo terminal on this machine/,
    );
    expect(ending.stdout).toMatch(/\n {2}Missing {2}shed-battery \(VE\.Direct cable\): /);
    expect(ending.stdout).not.toContain('Cable    ');
    expect(ending.stdout).toContain('\n  roof: NOT stored\n');
    for (const name of ['bank', 'inverter', 'orion'])
      expect(ending.stdout).toContain(`\n  ${name}: stored, `);
    expect(ending.stdout).not.toMatch(/\n {2}shed: /);
    expectNothingLeft(ending);
    // Those that it would tell of are missing with it.
    const { code, stdout } = await hut.ended;
    expect(code).toBe(1);
    for (const name of ['hut-axpert', 'hut-axpert_unit_1', 'hut-axpert_unit_2'])
      expect(stdout).toContain(`\n  ${name}: NOT stored\n`);
    for (const name of ['hut-vm3', 'hut-stack']) expect(stdout).toContain(`\n  ${name}: stored, `);
  },
);

/** Watts by node, as the page gets them, once all are known. */
async function balanceOf(page: string | undefined) {
  for (;;) {
    const answer = await fetch(`${page}api/site`);
    const site = (await answer.json()) as {
      readonly watts: readonly { readonly node: string; readonly value: number | null }[];
      readonly name: string;
      readonly unexplained: number | null;
    };
    const wattsAt = (node: string) => site.watts.find((each) => each.node === node)?.value ?? null;
    const { name, unexplained } = site;
    const [battery, load] = [wattsAt('battery'), wattsAt('load')];
    if (unexplained !== null && battery !== null && load !== null) return { name, load, unexplained };
    await wait(100);
  }
}

test('sites whose devices are asked over connections and cables are shown alike', patience, async () => {
  const sites = [
    { site: 'workshop', names: ['workshop-left', 'workshop-right', 'workshop-controller'] },
    {
      site: 'inverter',
      names: ['hut-axpert', 'hut-axpert_unit_1', 'hut-axpert_unit_2', 'hut-vm3', 'hut-stack'],
    },
    {
      site: 'farm',
      names: ['farm-inverter', 'farm-controller', 'farm-monitor', 'farm-stack', 'farm-stack_module_3'],
    },
  ];
  const running = sites.map(({ site, names }) => ({
    program: demo(['--site', site, '--for', '20s', '--history', '1h']),
    names,
  }));
  const closing = [
    { program: running[1]?.program, title: 'Simulated inverter hut', loadMax: -100 },
    { program: running[2]?.program, title: 'Simulated farm', loadMax: -30 },
  ];
  for (const { program, title, loadMax } of closing) {
    await program?.untilPrinted((lines) => pageOf(lines) !== undefined);
    const { name, load, unexplained } = await balanceOf(pageOf(program?.lines ?? []));
    expect(name).toBe(title);
    // What supplies is used, but for what inverters lose and need themselves, and a tenth of an ampere.
    expect(load).toBeLessThan(loadMax);
    expect(unexplained).toBeGreaterThan(-10);
    expect(unexplained).toBeLessThan(120);
  }
  for (const { program, names } of running) {
    const ending = await program.ended;
    expect(ending).toMatchObject({ code: 0 });
    for (const name of names) expect(ending.stdout).toContain(`\n  ${name}: stored, newest 2`);
    // Both may have looked for the usual port at once.
    expect(ending.stderr).not.toMatch(/WARN|ERROR (?!the bridge could not start: Port)/);
    expectNothingLeft(ending);
  }
});

test('what has been at every site is there soon, unit by unit', patience, async () => {
  const program = demo(['--history', '1h']);
  await program.untilPrinted((lines) => pageOf(lines) !== undefined);
  const units = 7 + 3 + 5 + 7;
  await program.untilPrinted((lines) =>
    lines.includes(`  ${(units * 60).toLocaleString('en')} readings of the last 1 hours stored`),
  );
  const ending = await program.stop();
  expect(ending).toMatchObject({ code: 0 });
  expectNothingLeft(ending);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends everything and leaves nothing',
  patience,
  async (signal) => {
    const program = demo(['--history', '1h']);
    await program.untilPrinted((lines) => pageOf(lines) !== undefined);
    // Ctrl-C comes twice through npm.
    const ended = program.stop(signal);
    void program.stop(signal);
    const ending = await ended;
    expect(ending).toMatchObject({ code: 0 });
    expectNothingLeft(ending);
  },
);

test('killed without a word it takes its programs with it', patience, async () => {
  const program = demo(['--history', '1h']);
  await program.untilPrinted((lines) => pageOf(lines) !== undefined);
  const ending = await program.stop('SIGKILL');
  const folder = folderOf(ending.stderr);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await untilNothingRuns(folder);
});

test('ended before everything is up it leaves nothing either', patience, async () => {
  const program = demo(['--history', '1h']);
  await program.untilSaid(/configuration: .*bridge\.yml/);
  const ending = await program.stop();
  expect(ending).toMatchObject({ code: 0, stdout: '' });
  expectNothingLeft(ending);
});

test('a bridge that dies ends the demonstration with words', patience, async () => {
  const program = demo(['--history', '1h']);
  await program.untilPrinted((lines) => pageOf(lines) !== undefined);
  const folder = folderOf(program.said());
  const bridge = running(folder).find(({ command }) => command.includes('/bridge/src/main.ts'));
  process.kill(bridge?.pid ?? 0, 'SIGKILL');
  const ending = await program.ended;
  expect(ending.code).toBe(1);
  expect(ending.stderr).toMatch(/ERROR the bridge ended by itself \(SIGKILL\)\n/);
  expectNothingLeft(ending);
});

test.each([
  { words: ['--for', 'long'], says: 'usage: npm run demo -- [--site NAME] [--for 20s]' },
  { words: ['--fro', '20s'], says: "Unknown option '--fro'" },
  { words: ['--fault', 'rof'], says: 'there is no device rof; did you mean "roof"' },
  {
    words: ['--site', 'workshop', '--fault', 'roof'],
    says: 'there is no device roof; there are workshop-left, ',
  },
  { words: ['--site', 'worksop'], says: 'there is no site worksop; did you mean "workshop"' },
])('$words is answered with 2 and words', async ({ words, says }) => {
  const ending = await demo(words).ended;
  expect(ending).toMatchObject({ code: 2, stdout: '' });
  expect(ending.stderr).toContain(says);
});
