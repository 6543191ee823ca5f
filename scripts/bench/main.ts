// `npm run bench`: what the README claims, measured on this machine. `-- --write` keeps the table in docs/measurements.md,
// `-- --only decode,python,years,once,run,asked,asked-run,bridge,delivery` measures a part, `present,outage` what takes longer,
// `-- --minutes 10` (30 for what must stay flat) is how long the agent is watched,
// `-- --rounds 3` how often deliveries are measured side by side; TELEGRAF=program has it measured beside,
// PYTHON=program is the Python of the decoders beside ours.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAgentRun, measureAskedRun } from './agent-run.ts';
import { measureBesidePython } from './beside-python.ts';
import { measureBridge } from './bridge.ts';
import { measureDecode } from './decode.ts';
import { measureDelivery, withStore } from './delivery.ts';
import { measureFamilies } from './families.ts';
import type { Measurement } from './measurement.ts';
import { measureOnce } from './once.ts';
import { measureOnceAsked } from './once-asked.ts';
import { measureOutage } from './outage.ts';
import { measureConfirmed, measureVisible } from './present.ts';
import { buildPrograms } from './programs.ts';
import { measureYears } from './years.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: 'decode,python,years,once,run,asked,asked-run,bridge,delivery' },
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
  },
});
const wanted = values.only.split(',');
const folder = mkdtempSync(join(tmpdir(), 'wattline-bench-'));

function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system =
    /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
  return `${cpus().length} cores (${first?.model.trim()}), ${memory}, ${system}, Node ${process.versions.node}`;
}

function table(rows: readonly Measurement[]): string {
  const lines = rows.map(
    ({ what, result, required, goal, isMet }) =>
      `| ${what} | **${result}** | ${required} | ${goal} | ${isMet ? 'met' : 'NOT MET'} |`,
  );
  return ['| what | measured | required | goal | |', '|---|---|---|---|---|', ...lines].join('\n');
}

const rows: Measurement[] = [];
const measure = async (name: string, work: () => Promise<Measurement[]> | Measurement[]) => {
  if (!wanted.includes(name)) return;
  console.error(`measuring ${name} …`);
  rows.push(...(await work()));
};
try {
  await measure('decode', () => [...measureDecode(), ...measureFamilies()]);
  await measure('python', () =>
    measureBesidePython(join(folder, 'python'), process.env['PYTHON'] ?? 'python3'),
  );
  await measure('years', () => measureYears(join(folder, 'years')));
  if (wanted.some((name) => !['decode', 'python', 'years'].includes(name))) {
    const { agent, bridge } = await buildPrograms(root, join(folder, 'programs'));
    await measure('once', () => measureOnce(agent, join(folder, 'once')));
    await measure('run', () => measureAgentRun(agent, join(folder, 'run'), Number(values.minutes) * 60_000));
    await measure('asked', () => measureOnceAsked(agent, join(folder, 'asked')));
    await measure('asked-run', () =>
      measureAskedRun(agent, join(folder, 'asked-run'), Number(values.minutes) * 60_000),
    );
    await measure('bridge', () => measureBridge(bridge, join(folder, 'bridge')));
    await measure('delivery', () =>
      withStore((store) =>
        measureDelivery({
          ...{ bridge, store, telegraf: process.env['TELEGRAF'], rounds: Number(values.rounds) },
          folder: join(folder, 'delivery'),
        }),
      ),
    );
    await measure('present', () =>
      withStore(async (store) => [
        await measureVisible(bridge, join(folder, 'visible'), store),
        await measureConfirmed(bridge, join(folder, 'confirmed'), store),
      ]),
    );
    await measure('outage', () => withStore((store) => measureOutage(bridge, join(folder, 'outage'), store)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const text = `${machine()}\n\n${table(rows)}\n`;
console.log(text);
if (values.write) {
  const head = '# Measurements\n\nWritten by `npm run bench -- --write`.\n\n';
  writeFileSync(join(root, 'docs/measurements.md'), head + text);
}
if (rows.some(({ isMet }) => !isMet)) process.exitCode = 1;
