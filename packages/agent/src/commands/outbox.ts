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
  terminal.printLine(
    `${path}: ${readings} ${readings === 1 ? 'reading' : 'readings'}, ${bytes} bytes${since}`,
  );
  terminal.printTable(
    ['topic', 'readings'],
    topics.map(({ topic, readings: waiting }) => [topic, waiting]),
  );
  for (const { topic, reason } of parked) {
    terminal.printLine(`the broker refuses ${topic}: ${reason}; check its access list`);
  }
  if (evicted > 0)
    terminal.printLine(`given up for want of room or by age, and not yet announced: ${evicted}`);
  return exitCodes.done;
}
