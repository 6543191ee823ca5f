// The decoders of other projects beside ours, on the vectors that both decode, by processor time. They are installed into a
// scratch folder where Python is here; which, and how they are called: decoders.py.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { casesOfFamilies } from './families.ts';
import type { Measurement } from './measurement.ts';
import type { OneFamily } from './one-family.ts';

const program = fileURLToPath(new URL('decoders.py', import.meta.url));
const packages = [
  'victron-ble==0.9.3',
  'aiobmsble==0.31.0',
  'mppsolar==0.16.56',
  'renogy-ble==1.3.1',
  'python-can==4.6.1',
  'pyserial==3.5',
];
const secondsEach = 1;

/** What of our records decoders give that leave out a part: of JBD and Renogy we have up to twice as many values. */
const sameValues: { readonly [family: string]: { readonly [record: string]: RegExp } } = {
  jbd: {
    basic:
      /^(battery_(voltage|current|capacity_(remaining|rated)|cycle_count|temperature_\d)|cells_balancing|protections|state_of_charge|(dis)?charge_mos_on|cell_count)$/,
    cells: /^cell_voltage_\d+$/,
  },
  'renogy-controller': {
    status:
      /^(model|state_of_charge|battery_(voltage|charge_current|temperature)|device_temperature|load_(on|voltage|current|power)|pv_(voltage|current|power)|battery_(dis)?charge_power_max_today|battery_throughput_(dis)?charged_today|(pv|load)_energy_today|pv_energy_total|charge_state)$/,
  },
};

interface Line {
  readonly decoder: string;
  readonly version: string;
  readonly family: string;
  readonly decoded: readonly number[];
  readonly rate: number;
}

/** @param interpreter aiobmsble demands Python 3.12 or newer */
export async function measureBesidePython(folder: string, interpreter: string): Promise<Measurement[]> {
  const python = install(folder, interpreter);
  if (python === undefined) return [];
  const families = casesOfFamilies();
  const cases = Object.fromEntries(
    [...families].map(([family, each]) => [family, each.map(({ work: _, ...bytes }) => bytes)]),
  );
  const { stdout, stderr, status } = spawnSync(python, [program], {
    input: JSON.stringify({ seconds: secondsEach, cases }),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  const rows: Measurement[] = [];
  for (const text of stdout.split('\n').filter((line) => line !== '')) {
    const line: Line = JSON.parse(text);
    const whole = await rateOf(line, undefined);
    const same = sameValues[line.family];
    rows.push(same === undefined ? judge(line, whole) : judge(line, await rateOf(line, same), whole));
  }
  return rows;
}

/** Ours, one after the other, each by itself. */
async function rateOf({ family, decoded }: Line, same: OneFamily['same']): Promise<number> {
  const workerData: OneFamily = { family, decoded, same };
  const worker = new Worker(new URL('one-family.ts', import.meta.url), { workerData });
  const [rate] = await once(worker, 'message');
  return rate;
}

/** @param whole our rate with all values of the records, where `ours` is with those that both give */
function judge({ decoder, version, family, decoded, rate }: Line, ours: number, whole?: number): Measurement {
  const thousands = (each: number) => `${Math.round(each / 1000).toLocaleString('en')},000/s`;
  return {
    what: `decode ${family}, the ${decoded.length} vectors that ${decoder} ${version} decodes too, beside it`,
    result:
      `${(ours / rate).toFixed(1)} × (${thousands(ours)}, ${thousands(rate)})` +
      (whole === undefined
        ? ''
        : ` of the same values; all of ours: ${(whole / rate).toFixed(1)} × (${thousands(whole)})`),
    required: '≥ 20 ×',
    goal: '',
    isMet: ours >= 20 * rate,
  };
}

/** A Python with what can be installed of the packages; says in one line what is missing. */
function install(folder: string, interpreter: string): string | undefined {
  const venv = join(folder, 'venv');
  if (spawnSync(interpreter, ['-m', 'venv', venv]).status !== 0) {
    console.error(`beside Python: skipped; it needs ${interpreter} with venv (apt-get install python3-venv)`);
    return undefined;
  }
  const python = join(venv, 'bin', 'python');
  for (const each of packages) {
    const { status } = spawnSync(python, ['-m', 'pip', 'install', '--quiet', each], { stdio: 'ignore' });
    if (status !== 0) console.error(`beside Python: ${each} could not be installed and is skipped`);
  }
  return python;
}
