// The schedules for a Witty Pi against the grammar and the limits of its vendor's script: states in order, one cycle that
// repeats from BEGIN in elapsed seconds, no look at the clock. What the script does not understand it passes over in silence.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const folder = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'deploy/wittypi');
const daySeconds = 86_400;
const secondsOf: { readonly [unit: string]: number } = { D: daySeconds, H: 3600, M: 60, S: 1 };
/** From power-on to alarms set, reading and halt. */
const onSecondsMin = 120;
/** For the script's revision of an interrupted schedule, the delayed cut and the pause before a restart. */
const offSecondsMin = 180;
const windowStartSeconds = 20 * 3600;

interface State {
  readonly word: string;
  readonly startSeconds: number;
  readonly seconds: number;
}

/** @throws Error for a line that the vendor's script would read as something else than it says */
function parseSchedule(text: string) {
  const moments = new Map<string, Date>();
  const states: State[] = [];
  let startSeconds = 0;
  for (const line of text
    .split('\n')
    .map((written) => written.replace(/#.*/, '').trim().replace(/\s+/g, ' '))) {
    if (line === '') continue;
    const [, moment, day, time] = /^(BEGIN|END) (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(line) ?? [];
    if (moment !== undefined) {
      moments.set(moment, new Date(`${day}T${time}Z`));
      continue;
    }
    const [, word, written] = /^(ON|OFF)((?: [DHMS][1-9]\d*)+)$/.exec(line) ?? [];
    if (word === undefined || written === undefined) throw new Error(`not understood: ${line}`);
    const parts = written.trim().split(' ');
    const seconds = parts.reduce(
      (sum, part) => sum + Number(part.slice(1)) * (secondsOf[part.charAt(0)] ?? 0),
      0,
    );
    states.push({ word, startSeconds, seconds });
    startSeconds += seconds;
  }
  return { begin: moments.get('BEGIN'), end: moments.get('END'), states, cycleSeconds: startSeconds };
}

describe.each(readdirSync(folder).filter((file) => file.endsWith('.wpi')))('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const { begin, end, states, cycleSeconds } = parseSchedule(text);

  test('has line feeds only: the script reads a carriage return as part of the word', () => {
    expect(text).not.toContain('\r');
  });

  test('lasts exactly a day from midnight, so that it does not wander', () => {
    expect(cycleSeconds).toBe(daySeconds);
    expect(begin?.toISOString()).toMatch(/T00:00:00/);
  });

  test('is in force now and for years', () => {
    expect(begin?.getTime()).toBeLessThan(Date.now());
    expect(end?.getTime()).toBeGreaterThan(Date.now() + 10 * 365 * daySeconds * 1000);
  });

  test('goes on and off by turns, beginning with on', () => {
    expect(states.map(({ word }) => word)).toEqual(
      states.map((_, index) => (index % 2 === 0 ? 'ON' : 'OFF')),
    );
    expect(states.length % 2).toBe(0);
  });

  test('leaves time enough in every state', () => {
    for (const { word, seconds } of states) {
      expect(seconds).toBeGreaterThanOrEqual(word === 'ON' ? onSecondsMin : offSecondsMin);
    }
  });

  test('is on for the whole hour of maintenance from 20:00', () => {
    const window = states.find(
      ({ startSeconds, seconds }) =>
        startSeconds <= windowStartSeconds && windowStartSeconds < startSeconds + seconds,
    );
    expect(window?.word).toBe('ON');
    const { startSeconds = 0, seconds = 0 } = window ?? {};
    expect(startSeconds + seconds).toBeGreaterThanOrEqual(windowStartSeconds + 3600);
  });

  test('starts a round every 20 minutes outside it', () => {
    const starts = states.filter(({ word }) => word === 'ON').map(({ startSeconds }) => startSeconds);
    const expected = Array.from({ length: 72 }, (_, index) => index * 1200).filter(
      (seconds) => seconds <= windowStartSeconds || seconds > windowStartSeconds + 3600,
    );
    expect(starts).toEqual(expected);
  });
});
