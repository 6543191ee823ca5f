import { describe, expect, test } from 'vitest';
import { type Alert, type AlertLevel, decide, type Told } from '../src/alerts/alert.ts';
import type { Episode } from '../src/live/alarm-history.ts';

const minute = 60_000;
const rules = { holdMs: 5 * minute, levels: ['warning', 'alarm', 'lost'] as readonly AlertLevel[] };

const episode = (id: number, since: number, until: number | null, more: Partial<Episode> = {}): Episode => ({
  ...{ id, device: 'bank-1', name: 'bank', code: 'faults.hot', text: 'Hot', level: 'alarm', since, until },
  ...more,
});

/** Looks at the episodes minute by minute, as they are known then, and gathers what is told. */
function tell(episodes: readonly Episode[], untilMinute: number, step = 1): string[] {
  let told: readonly Told[] = [];
  let watched: readonly number[] = [];
  let upTo = 0;
  const all: Alert[] = [];
  for (let at = 0; at <= untilMinute; at += step) {
    const nowMs = at * minute;
    const known = episodes
      .filter(({ since }) => since <= nowMs)
      .map((each) => (each.until !== null && each.until > nowMs ? { ...each, until: null } : each));
    const isNew = ({ id }: Episode) => id > upTo || watched.includes(id);
    const { alerts, keep, drop, watch } = decide(
      {
        open: known.filter(({ until }) => until === null),
        passed: known.filter((each) => each.until !== null && isNew(each)),
        told,
        untilOf: (id) => known.find((each) => each.id === id)?.until ?? undefined,
      },
      rules,
      nowMs,
    );
    const left = [...drop, ...keep].map(({ device, code }) => `${device} ${code}`);
    told = [...told.filter(({ device, code }) => !left.includes(`${device} ${code}`)), ...keep];
    watched = watch;
    upTo = Math.max(upTo, ...known.map(({ id }) => id));
    all.push(...alerts);
  }
  return all.map(({ event, code, since, until }) =>
    [event, code, since / minute, ...(until === null ? [] : [until / minute])].join(' '),
  );
}

describe('a trouble', () => {
  test('is told once when it has lasted, and once when it has been over as long', () => {
    expect(tell([episode(1, 0, null)], 4)).toEqual([]);
    expect(tell([episode(1, 0, null)], 60)).toEqual(['begin faults.hot 0']);
    expect(tell([episode(1, 0, 20 * minute)], 24)).toEqual(['begin faults.hot 0']);
    expect(tell([episode(1, 0, 20 * minute)], 60)).toEqual(['begin faults.hot 0', 'end faults.hot 0 20']);
  });

  test('that comes and goes within the hold time is nothing', () => {
    const flapping = Array.from({ length: 20 }, (_, n) =>
      episode(n + 1, 2 * n * minute, (2 * n + 1) * minute),
    );
    expect(tell(flapping, 90)).toEqual([]);
  });

  test('that was told and flaps goes on, until it has been over as long as the hold time', () => {
    const flapping = [
      episode(1, 0, 10 * minute),
      ...Array.from({ length: 10 }, (_, n) => episode(n + 2, (12 + 2 * n) * minute, (13 + 2 * n) * minute)),
    ];
    expect(tell(flapping, 90)).toEqual(['begin faults.hot 0', 'end faults.hot 0 31']);
  });

  test('that comes again after its end was told is another one', () => {
    const twice = [episode(1, 0, 10 * minute), episode(2, 30 * minute, null)];
    expect(tell(twice, 90)).toEqual(['begin faults.hot 0', 'end faults.hot 0 10', 'begin faults.hot 30']);
  });

  test('that lasted, and began or ended between two looks, is told all the same', () => {
    expect(tell([episode(1, 0, 11 * minute)], 60, 10)).toEqual(['begin faults.hot 0', 'end faults.hot 0 11']);
    expect(tell([episode(1, 7 * minute, 13 * minute)], 60, 10)).toEqual([
      ...['begin faults.hot 7', 'end faults.hot 7 13'],
    ]);
    expect(tell([episode(1, 2 * minute, 8 * minute)], 60, 10)).toEqual([
      ...['begin faults.hot 2', 'end faults.hot 2 8'],
    ]);
    expect(tell([episode(1, 2 * minute, 6 * minute)], 60, 10)).toEqual([]);
  });

  test('of a level that is not to be told is not, until it is of one that is', () => {
    const late = episode(1, 0, null, { code: 'silent', level: 'late' });
    expect(tell([late], 60)).toEqual([]);
    expect(tell([{ ...late, level: 'lost' }], 60)).toEqual(['begin silent 0']);
  });

  test('of a device that is no longer there, or by that name, is over', () => {
    const told = { ...episode(1, 0, null), episode: 1 };
    const standing = { open: [], passed: [], told: [told], untilOf: () => undefined };
    expect(decide(standing, rules, 9 * minute)).toMatchObject({
      alerts: [{ event: 'end', until: 9 * minute }],
      drop: [{ device: 'bank-1' }],
    });
  });

  test('of one device does not hide that of another', () => {
    const others = [
      episode(1, 0, null),
      episode(2, 0, null, { device: 'roof-1' }),
      episode(3, 0, null, { code: 'x' }),
    ];
    expect(tell(others, 9)).toEqual(['begin faults.hot 0', 'begin faults.hot 0', 'begin x 0']);
  });
});
