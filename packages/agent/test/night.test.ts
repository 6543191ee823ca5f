import { describe, expect, test } from 'vitest';
import { isNight, sunHeight } from '../src/reading/night.ts';

/**
 * Reda and Andreas, Solar Position Algorithm, NREL/TP-560-34302, example of appendix A.5 and of its program: zenith,
 * sunrise and sunset of the day by universal time, in which the sunset is that of the local day before.
 */
const golden = { latitude: 39.742476, longitude: -105.1786 };
const mountainTime = (hour: number, minute: number, second: number) =>
  Date.UTC(2003, 9, 17, hour + 7, minute, second);

describe('the sun', () => {
  test('stands where the published example says', () => {
    const { latitude, longitude } = golden;
    expect(sunHeight(mountainTime(12, 30, 30), latitude, longitude)).toBeCloseTo(90 - 50.11162, 1);
  });

  test('rises and sets when the published example says', () => {
    const night = { by: 'sun', ...golden } as const;
    const aroundMs = 20_000;
    const [sunrise, sunset] = [mountainTime(6, 12, 43), mountainTime(17 - 24, 20, 19)];
    expect([sunrise - aroundMs, sunrise + aroundMs].map((ms) => isNight(night, ms))).toEqual([true, false]);
    expect([sunset - aroundMs, sunset + aroundMs].map((ms) => isNight(night, ms))).toEqual([false, true]);
  });

  test('never sets in the north in June, and never rises in December', () => {
    const night = { by: 'sun', latitude: 69.65, longitude: 18.96 } as const;
    for (let hour = 0; hour < 24; hour++) {
      expect(isNight(night, Date.UTC(2026, 5, 21, hour)), `June, ${hour} h`).toBe(false);
      expect(isNight(night, Date.UTC(2026, 11, 21, hour)), `December, ${hour} h`).toBe(true);
    }
  });
});

describe('the time of day', () => {
  const at = (hour: number, minute = 0) => new Date(2026, 5, 1, hour, minute).getTime();
  const hoursOf = (fromHour: number, toHour: number) => {
    const night = { by: 'time', fromMinutes: fromHour * 60, toMinutes: toHour * 60 } as const;
    return Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => isNight(night, at(hour)));
  };

  test('may be over midnight or not', () => {
    expect(hoursOf(21, 5)).toEqual([0, 1, 2, 3, 4, 21, 22, 23]);
    expect(hoursOf(1, 4)).toEqual([1, 2, 3]);
  });

  test('counts minutes', () => {
    const night = { by: 'time', fromMinutes: 21 * 60 + 30, toMinutes: 0 } as const;
    expect([at(21, 29), at(21, 30)].map((ms) => isNight(night, ms))).toEqual([false, true]);
  });
});
