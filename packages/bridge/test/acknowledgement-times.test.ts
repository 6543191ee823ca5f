import { expect, test } from 'vitest';
import { createAcknowledgementTimes } from '../src/intake/acknowledgement-times.ts';

test('a scrape shows of each bound how many waited no longer, their number and the sum of their times', () => {
  const times = createAcknowledgementTimes();
  for (const waitedMs of [0, 1, 1.5, 20, 5_000, 9_000]) times.add(waitedMs);
  const lines = times.text().split('\n');
  expect(lines.slice(0, 2)).toEqual([
    '# HELP wattline_acknowledgement_seconds From the receipt of a message until it is durable and may be acknowledged',
    '# TYPE wattline_acknowledgement_seconds histogram',
  ]);
  const buckets = lines.filter((line) => line.includes('_bucket'));
  expect(buckets.map((line) => /le="(.*)"} (.*)/.exec(line)?.slice(1).join(' '))).toEqual([
    ...[
      '0.001 2',
      '0.002 3',
      '0.005 3',
      '0.01 3',
      '0.02 4',
      '0.03 4',
      '0.04 4',
      '0.05 4',
      '0.075 4',
      '0.1 4',
    ],
    ...['0.25 4', '0.5 4', '1 4', '5 5', '+Inf 6'],
  ]);
  const ends = [
    'wattline_acknowledgement_seconds_sum 14.0225',
    'wattline_acknowledgement_seconds_count 6',
    '',
  ];
  expect(lines.slice(-3)).toEqual(ends);
});
