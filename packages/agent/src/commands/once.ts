// `once`: connects to the broker while the radio listens, publishes each device as soon as it is heard, and leaves when
// everything is confirmed or the deadline has come.

import { type ExitCode, exitCodes, type Log } from '@wattline/program';
import type { AgentStateAnnouncer } from '../delivery/agent-state.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { isOdd, type ReadDevice, type Trouble } from '../reading/device.ts';
import { type ReadDevicesOptions, readDevices } from '../reading/read-devices.ts';
import { notHeard } from '../reading/silence.ts';
import type { Reporter } from '../reporter.ts';
import type { Moment } from '../transport.ts';

export interface OnceOptions extends Omit<ReadDevicesOptions, 'reading' | 'trouble'> {
  readonly deadlineMs: number;
  readonly reporter: Reporter;
  readonly delivery: Pick<Delivery, 'drain' | 'close'> & {
    status(): Pick<ReturnType<Delivery['status']>, 'connected' | 'problem' | 'parked' | 'readings' | 'lost'>;
  };
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
  await delivery.drain(signal);
  const { connected, problem, parked } = delivery.status();
  if (connected) await state.announce('sleeping', options.nextDueMs);
  stopTimer();
  await delivery.close();
  await reporter.settled();
  const { readings, lost } = delivery.status();
  // Each was said as an error.
  if (lost > 0) return exitCodes.unexpected;
  if (readings > 0) {
    const refused = parked.map(({ topic }) => topic).join(', ');
    const late = connected ? 'the broker did not confirm in time' : 'the broker did not answer in time';
    const reason = refused === '' ? (problem ?? late) : `the broker refuses ${refused}`;
    log.warn(`${readings} ${readings === 1 ? 'reading waits' : 'readings wait'} in the outbox: ${reason}`);
    return exitCodes.waiting;
  }
  if (missing.size === 0) return exitCodes.done;
  return missing.size === devices.length ? exitCodes.noneRead : exitCodes.someNotRead;
}

/** Reads until each device is read or cannot be; returns those that were not. */
async function readEach(options: OnceOptions, signal: AbortSignal): Promise<Set<ReadDevice>> {
  const { devices, reporter } = options;
  const missing = new Set(devices);
  const troubles = new Map<ReadDevice, Trouble>();
  const read = new Map<ReadDevice, Moment>();
  const enough = new AbortController();
  const look = () => {
    // A key that does not fit will not fit within this round.
    if ([...missing].every((device) => troubles.get(device)?.code === 'key')) enough.abort();
  };
  look();
  await readDevices({
    ...options,
    signal: AbortSignal.any([signal, enough.signal]),
    reading(device, heard) {
      // All units of one poll; no second poll.
      if (!missing.delete(device) && read.get(device) !== heard.moment) return;
      read.set(device, heard.moment);
      reporter.reading(device, heard);
      look();
    },
    trouble(device, trouble) {
      if (!missing.has(device)) return;
      troubles.set(device, trouble);
      reporter.trouble(device, trouble);
      look();
    },
  });
  if (missing.size > 0 && !options.signal.aborted) sayMissing(missing, troubles, options);
  return missing;
}

function sayMissing(
  missing: ReadonlySet<ReadDevice>,
  troubles: ReadonlyMap<ReadDevice, Trouble>,
  { log, devices }: OnceOptions,
): void {
  for (const device of missing) {
    const trouble = troubles.get(device);
    // Other troubles were said when they came; single odd packets were not.
    if (trouble !== undefined && !isOdd(trouble.code)) continue;
    log.warn(`${device.name}: ${trouble?.message ?? notHeard(device)}`);
  }
  const names = [...missing].map(({ name }) => name).join(', ');
  log.warn(`not read: ${names} (${missing.size} of ${devices.length})`);
}
