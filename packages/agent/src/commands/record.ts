// `record`: what a device sends, with times, into a file that `--replay` plays.

import { type ExitCode, exitCodes, type Terminal, UsageError } from '@wattline/program';
import { redactRequest } from '@wattline/protocols';
import { ask } from '../reading/ask.ts';
import { busWayOf, connectOf, type Media } from '../reading/connect.ts';
import { mediumOf, type ReadDevice } from '../reading/device.ts';
import type { StartTimer } from '../reading/pacer.ts';
import { notHeard } from '../reading/silence.ts';
import { type Moment, TransportError } from '../transport.ts';
import { createRecorder, type Recorder, recordLink, recordReceiver } from '../transports/record.ts';

export interface RecordOptions {
  readonly device: ReadDevice;
  readonly media: Pick<Media, 'radio' | 'serial' | 'gatt' | 'hid' | 'bus'>;
  readonly out: string;
  readonly forMs: number;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

export async function record(options: RecordOptions): Promise<ExitCode> {
  const { device, out, forMs, now, startTimer, terminal } = options;
  const enough = new AbortController();
  const stopTimer = startTimer(forMs, () => enough.abort());
  const signal = AbortSignal.any([options.signal, enough.signal]);
  const medium = mediumOf(device);
  const recorder = openRecorder(out, { definition: device.definition.id, medium }, now);
  let count = 0;
  let problem: string | undefined;
  const counted: Recorder = {
    ...recorder,
    add(entry, uptimeMs) {
      if (entry.direction === 'in') count++;
      recorder.add(entry, uptimeMs);
    },
  };
  const unit = medium === 'can' ? 'frames' : medium === 'advertisement' ? 'packets' : 'chunks';
  const progress = terminal.progress(() => `recording ${device.name}: ${count} ${unit}`);
  try {
    problem = await wayOf(device)({ ...options, signal }, counted);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    problem = error.message;
  } finally {
    stopTimer();
    progress.done();
    recorder.close();
  }
  if (count === 0) problem ??= notHeard(device);
  if (problem !== undefined) terminal.writeError(`${device.name}: ${problem}\n`);
  terminal.writeError(`${out}: ${count} ${unit} of ${device.name}\n`);
  return count === 0 ? exitCodes.noneRead : exitCodes.done;
}

function wayOf(device: ReadDevice) {
  const medium = mediumOf(device);
  if (medium === 'advertisement') return recordAir;
  if (medium === 'can') return recordBus;
  return device.definition.ask ? recordAnswers : recordPort;
}

function openRecorder(...[path, header, now]: Parameters<typeof createRecorder>): Recorder {
  try {
    return createRecorder(path, header, now);
  } catch (error) {
    throw new UsageError(`the recording cannot be written: ${(error as Error).message}`);
  }
}

/** Asks as ever and notes both sides of it, without the secrets of a login. Returns the last trouble. */
async function recordAnswers(options: RecordOptions, recorder: Recorder): Promise<string | undefined> {
  const { device, media } = options;
  let problem: string | undefined;
  await ask({
    ...options,
    connect: recordLink(connectOf(device, media), recorder, (bytes, direction) =>
      direction === 'out' ? redactRequest(device.definition, bytes) : undefined,
    ),
    reading() {
      problem = undefined;
    },
    trouble(_, { message }) {
      problem = message;
    },
  });
  return problem;
}

async function recordPort({ device, media, signal }: RecordOptions, recorder: Recorder): Promise<undefined> {
  const link = await recordLink(connectOf(device, media), recorder)(signal);
  try {
    for (;;) await link.read(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await link.close();
  }
}

/** All frames of the bus: what nobody understands yet is what a recording is made for. */
async function recordBus({ device, media, signal }: RecordOptions, recorder: Recorder): Promise<undefined> {
  const all = { counters: () => ({}), packets: media.bus(busWayOf(device)).packets };
  for await (const packet of recordReceiver(all, recorder).packets(signal)) void packet;
}

async function recordAir({ device, media, signal }: RecordOptions, recorder: Recorder): Promise<undefined> {
  const companies = device.definition.media.flatMap((each) =>
    each.medium === 'advertisement' ? [each.company] : [],
  );
  const all = media.radio(companies);
  const own = {
    counters: () => ({}),
    async *packets(stop: AbortSignal) {
      for await (const packet of all.packets(stop)) if (packet.address === device.address) yield packet;
    },
  };
  for await (const packet of recordReceiver(own, recorder).packets(signal)) void packet;
}
