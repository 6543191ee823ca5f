// Scalars that only a bridge has: topic filters, windows of tiers, time zones.

import { parseDuration, scalar } from '@wattline/program';
import type { Every } from '../tiers/tier.ts';

export const topicFilter = () =>
  scalar({
    expected: 'a topic filter: levels between /, + for any one level, # at the end for all below',
    parse: (written) => (isTopicFilter(written) ? written : undefined),
  });

const filterBytesMax = 512;

function isTopicFilter(written: string): boolean {
  if (written === '' || written.includes('\0') || Buffer.byteLength(written) > filterBytesMax) return false;
  const levels = written.split('/');
  return levels.every(
    (level, index) => level === '+' || (level === '#' && index === levels.length - 1) || !/[+#]/.test(level),
  );
}

const secondsOfDay = 86_400;
const windowSecondsMin = 10;

/** Windows aligned to UTC must begin with the day; days are the site's own. */
export const windowOf = () =>
  scalar<Every>({
    expected: 'a duration that divides a day (2m, 5m, 30m, 2h and so on) or 1d',
    parse: (written) => {
      if (written === '1d') return 'day';
      const seconds = (parseDuration(written) ?? 0) / 1000;
      return seconds >= windowSecondsMin && seconds < secondsOfDay && secondsOfDay % seconds === 0
        ? seconds
        : undefined;
    },
    jsonSchema: { pattern: '^([0-9]{1,6}[smh]|1d)$' },
  });

export const timeZone = () =>
  scalar({
    expected: 'a time zone of the IANA list such as Europe/Rome',
    parse: (written) => (isTimeZone(written) ? written : undefined),
    words: Intl.supportedValuesOf('timeZone'),
  });

function isTimeZone(written: string): boolean {
  // Offsets such as +01:00 pass Intl, but have no summer time.
  if (!/^[A-Za-z]/.test(written)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
