// Local time of the site: what its clocks show, where its days begin, and the same moment a year away.

const formats = new Map<string, Intl.DateTimeFormat>();

/** ms to add to UTC for the local time of `zone` at `time`. */
function offsetAt(time: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part: { [type: string]: number } = {};
  for (const { type, value } of format.formatToParts(time)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
}

/** The moment at which the clocks of `zone` show `local`, given as if it were UTC. */
function momentOf(local: number, zone: string): number {
  const near = local - offsetAt(local, zone);
  return local - offsetAt(near, zone);
}

export function startOfDay(time: number, zone: string, daysLater = 0): number {
  const local = new Date(time + offsetAt(time, zone));
  return momentOf(
    Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + daysLater),
    zone,
  );
}

export function startOfMonth(time: number, zone: string, monthsLater = 0): number {
  const local = new Date(time + offsetAt(time, zone));
  return momentOf(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + monthsLater, 1), zone);
}

/** The same local time on the same day of another year; 29 February becomes the 28th where there is none. */
export function sameTimeInYear(time: number, zone: string, yearsLater: number): number {
  const local = new Date(time + offsetAt(time, zone));
  const year = local.getUTCFullYear() + yearsLater;
  const daysInMonth = new Date(Date.UTC(year, local.getUTCMonth() + 1, 0)).getUTCDate();
  const moved = new Date(local);
  moved.setUTCFullYear(year, local.getUTCMonth(), Math.min(local.getUTCDate(), daysInMonth));
  return momentOf(moved.getTime(), zone);
}
