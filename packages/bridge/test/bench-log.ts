// Speed of the log alone: `node packages/bridge/test/bench-log.ts`.
import { reading, scratchLog } from './log-helpers.ts';

const kind = process.argv[2] ?? 'identified';
const size = Number(process.argv[3] ?? 1000);
const scratch = scratchLog();
let seq = 0;
const make = () => {
  seq++;
  const m = reading(seq, {
    topic: `victron/smartsolar/roof${seq % 20}`,
    values: { battery_voltage: 13.27, battery_current: 4.6, charge_state: 'bulk' },
    meta: { _model: undefined, ...(kind === 'foreign' ? { _stream: undefined, _seq: undefined } : {}) },
  });
  return m;
};
console.log('payload', make().payload.length, make().payload.toString());
for (let round = 0; round < 5; round++) {
  const n = size >= 1000 ? 100_000 : 5_000;
  const groups = [];
  for (let i = 0; i < n / size; i++) groups.push(Array.from({ length: size }, make));
  const times: number[] = [];
  const t = performance.now();
  for (const g of groups) {
    const a = performance.now();
    const v = scratch.log.append(g);
    times.push(performance.now() - a);
    if (v.some(({ is }) => is !== 'stored'))
      throw new Error(JSON.stringify(v.find(({ is }) => is !== 'stored')));
  }
  const us = (1000 * (performance.now() - t)) / n;
  times.sort((a, b) => a - b);
  console.log(
    us.toFixed(2),
    'µs/message',
    'p50',
    times[times.length >> 1]?.toFixed(2),
    'p99',
    times[Math.floor(times.length * 0.99)]?.toFixed(2),
    'ms/group',
  );
}
const t = performance.now();
let after = 0;
let n = 0;
for (;;) {
  const r = scratch.log.read(after, 1000);
  const last = r.at(-1);
  if (!last) break;
  after = last.position;
  n += r.length;
}
console.log('read', n, ((1000 * (performance.now() - t)) / n).toFixed(2), 'µs/message');
scratch.remove();
