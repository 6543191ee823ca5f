// The commands that deliver readings: builds outbox, delivery, identity and reporter for `run` and `once`.

import { type Clock, createNotify, createRepeats, type ExitCode, exitCodes } from '@wattline/program';
import type { Invocation } from './command-line.ts';
import type { AgentConfiguration, DeviceConfiguration } from './config/configuration.ts';
import { openPublisher } from './connection.ts';
import { createAgentState, willOf } from './delivery/agent-state.ts';
import { createDelivery, type Delivery, deliveryTimes } from './delivery/delivery.ts';
import { createRelease, createStayAwake } from './delivery/until-commands.ts';
import { createIdentity } from './identity.ts';
import { momentOf, pickDevice } from './media.ts';
import { OutboxError, openOutbox } from './outbox/outbox.ts';
import type { Media } from './reading/connect.ts';
import { intervalOf, type ReadDevice } from './reading/device.ts';
import { isNight } from './reading/night.ts';
import { startTimer } from './reading/pacer.ts';
import { createReach } from './reading/reach.ts';
import { createReporter, type Reporter } from './reporter.ts';
import type { Surround } from './surround.ts';
import type { HeardPacket } from './transport.ts';

export interface DeliverOptions {
  readonly invocation: Extract<Invocation, { command: 'run' | 'once' }>;
  readonly configuration: AgentConfiguration;
  readonly devices: readonly ReadDevice[];
  readonly media: Media;
  readonly clock: Clock;
  readonly surround: Surround;
}

const noDevices = '"wattline-agent scan" shows what is in reach, and what to write down for it';

export async function deliverReadings(options: DeliverOptions): Promise<ExitCode> {
  const { invocation, configuration, media, clock, surround } = options;
  const { log, signal, version } = surround;
  const devices = chosen(options);
  if (devices.length === 0) log.warn(`no devices are configured: ${noDevices}`);
  for (const { name, replay } of devices) {
    if (replay !== undefined)
      log.warn(`${name} is not read: ${replay} stands in for it, with the times at which it was recorded`);
  }
  const { agent, outbox: kept } = configuration;
  const outbox = await openOutbox({
    path: kept.path,
    bytesMax: kept.sizeBytesMax,
    ageMaxMs: kept.ageMsMax,
  }).catch((error: unknown) => {
    if (!(error instanceof OutboxError)) throw error;
    log.error(error.message);
    return undefined;
  });
  if (outbox === undefined) return exitCodes.unexpected;
  const will = willOf(agent, version, clock.nowMs());
  const publisher = openPublisher(configuration, surround, { clientId: `wattline-${agent}`, will });
  const delivery = createDelivery({
    publisher,
    outbox,
    clock,
    log,
    times: deliveryTimes,
    retain: configuration.mqtt.retain,
  });
  const reporter = reporterOf(options, delivery);
  const { note, inReach } = createReach(clock.uptimeMs);
  const own = new Set(configuration.devices.map(({ address }) => address));
  const stranger = (packet: HeardPacket) => own.has(packet.address) || note(packet);
  const state = createAgentState({
    ...{ agent, version, publisher, outbox, clock, log, inReach },
    devices: reporter.devices,
    readings: () => delivery.status().account,
  });
  const common = {
    ...{ devices, media, startTimer, signal, reporter, delivery, state, log, stranger },
    now: momentOf(clock),
    isNight: nightBy(configuration, clock),
  };
  if (invocation.command === 'once') {
    const { once } = await import('./commands/once.ts');
    const { wakeEveryMs } = configuration;
    return once({
      ...common,
      deadlineMs: invocation.deadlineMs ?? configuration.deadlineMs,
      ...(wakeEveryMs === undefined ? {} : { nextDueMs: clock.nowMs() + wakeEveryMs }),
    });
  }
  const { run } = await import('./commands/run.ts');
  const awake = createStayAwake({ agent, publisher, clock, log });
  const release = createRelease({ agent, publisher, clock, log });
  release.onChange(() => {
    const untilMs = release.untilMs();
    log.info(
      untilMs === undefined
        ? 'Bluetooth devices are asked again'
        : `Bluetooth devices are released for ${Math.round((untilMs - clock.nowMs()) / 1000)} s`,
    );
  });
  const notify = createNotify({ environment: surround.surroundings.environment, log });
  try {
    return await run({ ...common, notify, release });
  } finally {
    awake.stop();
    release.stop();
  }
}

function chosen({ invocation, devices }: DeliverOptions): readonly ReadDevice[] {
  if (invocation.command === 'run' || invocation.names.length === 0) return devices;
  return [...new Set(invocation.names.map((word) => pickDevice(devices, word)))];
}

/** A clock that was never set knows no night. */
const nightBy =
  ({ night }: AgentConfiguration, clock: Clock): (() => boolean) =>
  () =>
    clock.isSynced() && isNight(night, clock.nowMs());

function reporterOf(options: DeliverOptions, delivery: Pick<Delivery, 'deliver'>): Reporter {
  const { invocation, configuration, clock, surround } = options;
  const { agent, site, wakeEveryMs } = configuration;
  const isRound = invocation.command === 'once';
  const isNight = nightBy(configuration, clock);
  const intervalMsOf = (device: DeviceConfiguration) =>
    isRound ? (wakeEveryMs ?? device.intervalMs) : intervalOf(device, isNight());
  return createReporter({
    agent,
    ...(site === undefined ? {} : { site }),
    devices: configuration.devices,
    intervalSecondsOf: (device) => intervalMsOf(device) / 1000,
    identity: createIdentity(),
    clock,
    delivery,
    log: surround.log,
    repeats: createRepeats(surround.log),
    ...(invocation.json
      ? { accepted: (topic, reading) => surround.terminal.printJson({ topic, ...reading }) }
      : {}),
  });
}
