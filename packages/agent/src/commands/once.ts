// `once`: connects to the broker while the radio listens, publishes each device as soon as it is heard, and leaves when
// everything is confirmed or the deadline has come.

import { type ExitCode, exitCodes, type Log } from '@wattline/program';
import type { AgentStateAnnouncer } from '../delivery/agent-state.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { ReadDevice } from '../reading/device.ts';
import { type ReadDevicesOptions, readDevices } from '../reading/read-devices.ts';
import type { Reporter } from '../reporter.ts';
import { notHeard } from './read.ts';

export interface OnceOptions extends Omit<ReadDevicesOptions, 'reading' | 'trouble'> {
  readonly deadlineMs: number;
  readonly reporter: Reporter;
  readonly delivery: Delivery;
  readonly state: AgentStateAnnouncer;
  /** When something starts this again, ms since 1970. */
  readonly nextDueMs?: number;
  readonly log: Log;
}

export async function once(options: OnceOptions): Promise<ExitCode> {
  const { delivery, reporter, state, log, devices, startTimer } = options;
  const deadline = new AbortController();
  const stopTimer = startTimer(options.deadlineMs, () => deadline.abort());
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  const missing = await readEach(options, signal);
  // Waits for what is on its way; with neither disk nor broker only the deadline ends it.
  const isDelivered = await delivery.drain(signal);
  if (delivery.status().connected) await state.announce('sleeping', options.nextDueMs);
  stopTimer();
  const { readings, parked, problem } = delivery.status();
  await delivery.close();
  await reporter.settled();
  if (!isDelivered || readings > 0) {
    const reason =
      parked.length > 0 ? `the broker refuses ${parked.map(({ topic }) => topic).join(', ')}` : problem;
    log.warn(`${readings} readings wait in the outbox${reason === undefined ? '' : `: ${reason}`}`);
    return exitCodes.waiting;
  }
  if (missing.size === 0) return exitCodes.done;
  return missing.size === devices.length ? exitCodes.noneRead : exitCodes.someNotRead;
}

/** Reads until each device is read or cannot be; returns those that were not. */
async function readEach(options: OnceOptions, signal: AbortSignal): Promise<Set<ReadDevice>> {
  const { devices, reporter, log } = options;
  const missing = new Set(devices);
  const hopeless = new Set<ReadDevice>();
  const troubled = new Set<ReadDevice>();
  const enough = new AbortController();
  const look = () => {
    if ([...missing].every((device) => hopeless.has(device))) enough.abort();
  };
  look();
  await readDevices({
    ...options,
    signal: AbortSignal.any([signal, enough.signal]),
    reading(device, heard) {
      if (!missing.delete(device)) return;
      reporter.reading(device, heard);
      look();
    },
    trouble(device, trouble) {
      if (!missing.has(device)) return;
      troubled.add(device);
      reporter.trouble(device, trouble);
      // A key that does not fit will not fit within this round.
      if (trouble.code === 'key') hopeless.add(device);
      look();
    },
  });
  for (const device of missing) if (!troubled.has(device)) log.warn(`${device.name}: ${notHeard(device)}`);
  return missing;
}
