// A time as a clock on the wall shows it, without its zone.

/**
 * ms since 1970 of `2023-04-15 12:00:05` in a zone; `undefined`: not a time. The hour that a clock shows twice in
 * autumn is the later one.
 */
export function createLocalTime(timeZone: string): (written: string) => number | undefined {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const shownMs = (timeMs: number): number => asUtc(format.format(timeMs)) ?? Number.NaN;
  return (written) => {
    const asUtcMs = asUtc(written);
    if (asUtcMs === undefined) return undefined;
    // Offsets half a day before and after are all that can hold in between.
    const offsets = [halfDayMs, -halfDayMs].map((shift) => shownMs(asUtcMs + shift) - (asUtcMs + shift));
    const candidates = offsets
      .map((offset) => asUtcMs - offset)
      .filter((timeMs) => shownMs(timeMs) === asUtcMs);
    return candidates.length === 0 ? undefined : Math.max(...candidates);
  };
}

const halfDayMs = 12 * 3_600_000;

/** Read as if it were UTC. */
function asUtc(written: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)$/.exec(written);
  const timeMs = match ? Date.parse(`${written.replace(' ', 'T')}Z`) : Number.NaN;
  // Date takes the 30th of February for the 2nd of March.
  const exists = !Number.isNaN(timeMs) && Number(match?.[3]) === new Date(timeMs).getUTCDate();
  return exists ? timeMs : undefined;
}
