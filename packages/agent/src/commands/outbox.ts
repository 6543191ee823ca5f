// `outbox`: what waits for delivery. Looks without disturbing an agent that runs.

import { type ExitCode, exitCodes, formatDateTime, type Terminal } from '@wattline/program';
import { inspectOutbox } from '../outbox/inspect.ts';

export async function showOutbox(terminal: Terminal, path: string, json: boolean): Promise<ExitCode> {
  const found = await inspectOutbox(path);
  if (json) {
    terminal.printJson(found ?? { readings: 0, bytes: 0, topics: [] });
    return exitCodes.done;
  }
  if (found === undefined || found.readings === 0) {
    terminal.printLine(`${path}: nothing waits`);
    return exitCodes.done;
  }
  const { readings, bytes, oldestMs, topics, parked, evicted } = found;
  const since = oldestMs === undefined ? '' : `, the oldest of ${formatDateTime(oldestMs)}`;
  terminal.printLine(`${path}: ${readings} readings, ${bytes} bytes${since}`);
  const reasonOf = (topic: string) => parked.find((each) => each.topic === topic)?.reason ?? '';
  const rows = topics.map(({ topic, readings: waiting }) => [topic, waiting, reasonOf(topic)]);
  terminal.printTable(['topic', 'readings', 'refused by the broker'], rows);
  if (evicted > 0) terminal.printLine(`${evicted} readings were given up for want of room or by age`);
  return exitCodes.done;
}
