// Sun, clouds and habits of a made-up site: pure functions of time and a seed, so that a day can be told again.

/** Repeatable noise in 0…1 for a whole number. */
function hash(seed: number, index: number): number {
  let word = Math.imul(index ^ (seed * 0x9e3779b1), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32;
}

/** Smooth noise in 0…1 that changes over about `spanMs`. */
export function drift(seed: number, timeMs: number, spanMs: number): number {
  const place = timeMs / spanMs;
  const index = Math.floor(place);
  const part = place - index;
  const weight = part * part * (3 - 2 * part);
  return hash(seed, index) * (1 - weight) + hash(seed, index + 1) * weight;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

const hourOfDay = (localMs: number): number => (((localMs % dayMs) + dayMs) % dayMs) / hourMs;

/** Day of the year as an angle; 0 at the June solstice of the northern half. */
function season(localMs: number): number {
  return (2 * Math.PI * ((localMs - Date.UTC(2026, 5, 21)) / dayMs)) / 365.25;
}

/**
 * Share of the panels' rated power, 0…1, by height of the sun and passing clouds.
 * `localMs` is the site's wall clock as ms since 1970, so that noon is at noon.
 */
export function sunshine(seed: number, localMs: number): number {
  const halfDayHours = 6 + 2.2 * Math.cos(season(localMs));
  const fromNoon = hourOfDay(localMs) - 12.5;
  if (Math.abs(fromNoon) >= halfDayHours) return 0;
  const height = Math.cos((fromNoon / halfDayHours) * (Math.PI / 2)) ** 1.3;
  const strength = 0.72 + 0.2 * Math.cos(season(localMs));
  const overcast = hash(seed + 1, Math.floor(localMs / dayMs)) ** 2;
  const cloud = 0.6 * drift(seed + 2, localMs, 1_400_000) + 0.4 * drift(seed + 3, localMs, 300_000);
  return height * strength * (1 - overcast * (0.25 + 0.65 * cloud));
}

/** Watts that people and a refrigerator use: little at night, more in the morning, at noon and in the evening. */
export function demand(seed: number, localMs: number): number {
  const hour = hourOfDay(localMs);
  const around = (centre: number, width: number) => Math.exp(-(((hour - centre) / width) ** 2));
  const refrigerator = drift(seed + 4, localMs, 900_000) > 0.55 ? 60 : 0;
  const habits =
    180 * around(7.3, 1) + 320 * around(13, 1.4) * drift(seed + 5, localMs, 600_000) + 210 * around(20, 2.2);
  return 45 + refrigerator + habits * (0.6 + 0.6 * drift(seed + 6, localMs, 400_000));
}

/** 1 while people are at work, 0 at night and at noon, with an hour or less between. */
export function workingHours(localMs: number): number {
  const hour = hourOfDay(localMs);
  const within = (from: number, to: number): number =>
    Math.max(0, Math.min(1, 2 * (hour - from), 2 * (to - hour)));
  return Math.max(within(7.5, 12), within(13, 17.5));
}

/** °C of the air around the devices. */
export function airTemperature(seed: number, localMs: number): number {
  const warmth = 12 + 9 * Math.cos(season(localMs));
  return (
    warmth + 5 * Math.sin(((hourOfDay(localMs) - 9) / 24) * 2 * Math.PI) + 2 * drift(seed + 7, localMs, dayMs)
  );
}
