// /metrics: Prometheus, `wattline_…`. What the bridge counts anyway is read when it is asked for.

import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { topicParts } from '../live/device-id.ts';
import type { EventStream } from './event-stream.ts';
import { follow } from './follow.ts';
import { followAgents, followBroker, followStorage } from './metrics-of-parts.ts';
import { accountsView, countStates, type StatusSources } from './status.ts';
import type { AccountsView, AlertChannelView, SinkView } from './status-views.ts';

/** What a scrape tells of the readings, all of one moment: both sides of every sum. */
interface Moment {
  readonly nowMs: number;
  readonly accounts: AccountsView;
  readonly sinks: readonly SinkView[];
}

export interface Metrics {
  readonly register: Registry;
  /** The text of one scrape. */
  scrape(): Promise<string>;
}

export function createMetrics(
  sources: StatusSources,
  events: Pick<EventStream, 'counts'>,
  clock: () => number,
): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: 'wattline_' });
  const { live, acknowledgements } = sources;
  const look = (): Moment => ({
    nowMs: clock(),
    accounts: accountsView(sources),
    sinks: sources.sinks(),
  });
  let moment: Moment | undefined;
  const at = (): Moment => moment ?? look();
  const one = (value: number) => [[{}, value]] as const;
  follow(register, { name: 'up_seconds', help: 'Since the bridge started' }, () =>
    one((clock() - sources.startedMs) / 1000),
  );
  followAccounts(register, () => at().accounts);
  const misfits = 'Values that were left out because a field changed its type, of the newest such fields';
  follow(register, { name: 'type_conflicts', help: misfits, labels: ['topic', 'agent', 'field'] }, () =>
    (sources.typeConflicts?.() ?? []).map(({ key: { topic, agent }, field, count }) => [
      { topic, agent, field },
      count,
    ]),
  );
  followDevices(register, () => live.devices.standing(at().nowMs), at);
  follow(
    register,
    { name: 'alarm_failures_total', help: 'Changes of alarms that could not be written' },
    () => one(live.alarmFailures()),
  );
  follow(register, { name: 'readings_not_shown', help: 'Of devices beyond the number that is shown' }, () =>
    one(live.devices.hiddenReadings()),
  );
  followAgents(register, live.agents);
  followBroker(register, sources.broker);
  follow(register, { name: 'ready', help: '1 when the bridge can be relied on' }, () =>
    one(sources.notReady().length === 0 ? 1 : 0),
  );
  followStorage(register, sources.storage);
  followSinks(register, () => at().sinks);
  followAges(register, () => at().sinks);
  followAlerts(register, sources.alerts);
  followPages(register, events);
  return {
    register,
    scrape: () => {
      // Every value is read before the first wait, and from the same look.
      moment = look();
      const text = register.metrics();
      const times = acknowledgements === undefined ? '' : `\n${acknowledgements.text()}`;
      moment = undefined;
      return text.then((others) => others + times);
    },
  };
}

function followAccounts(register: Registry, accounts: () => AccountsView): void {
  const one = (value: number) => [[{}, value]] as const;
  const help = 'Messages by what became of them; received is their sum';
  follow(register, { name: 'messages_total', help, labels: ['verdict'] }, () => {
    const { received, stored, duplicate, conflict, state, aside } = accounts();
    const plain = Object.entries({ received, stored, duplicate, conflict, state });
    const kept = Object.entries(aside).map(([reason, count]) => [`aside_${reason}`, count] as const);
    return [...plain, ...kept].map(([verdict, count]) => [{ verdict }, count]);
  });
  follow(register, { name: 'messages_waiting', help: 'Messages that came and are not committed yet' }, () =>
    one(accounts().waiting),
  );
  follow(register, { name: 'readings_held', help: 'Stored readings that are held as they came' }, () =>
    one(accounts().held),
  );
  follow(register, { name: 'readings_expired_total', help: 'Stored readings no longer held' }, () =>
    one(accounts().expired),
  );
  follow(register, { name: 'readings_moved_total', help: 'Readings with a second place in the log' }, () =>
    one(accounts().moved),
  );
  follow(register, { name: 'readings_missing', help: 'Counted by an agent, not come' }, () =>
    one(accounts().agents.reduce((sum, { missing }) => sum + missing, 0)),
  );
  const reached = 'Times that a bound of the log was reached, by what it cost';
  follow(register, { name: 'bounds_total', help: reached, labels: ['bound'] }, () =>
    Object.entries(accounts().bounds ?? {}).map(([bound, count]) => [{ bound }, count]),
  );
  const ofStreams = 'Counted by an agent, not come, of the streams with the largest gaps';
  follow(
    register,
    { name: 'stream_readings_missing', help: ofStreams, labels: ['device', 'agent', 'stream'] },
    () =>
      accounts().missing.map(({ device = '', agent, stream, count }) => [{ device, agent, stream }, count]),
  );
  const ofAgents = 'Readings of an agent by what came of them; counted is the sum of the others';
  follow(register, { name: 'agent_readings', help: ofAgents, labels: ['agent', 'outcome'] }, () =>
    accounts().agents.flatMap(({ agent, ...tally }) =>
      Object.entries(tally).map(([outcome, count]) => [{ agent, outcome }, count] as const),
    ),
  );
  const ofTiers = 'Stored readings on their way into the tiers; stored is the sum of all outcomes';
  follow(register, { name: 'tier_readings', help: ofTiers, labels: ['outcome'] }, () =>
    Object.entries(accounts().tiers).map(([outcome, count]) => [{ outcome }, count]),
  );
}

function followDevices(
  register: Registry,
  standing: () => ReturnType<StatusSources['live']['devices']['standing']>,
  at: () => Moment,
): void {
  follow(register, { name: 'devices', help: 'Devices by state', labels: ['state'] }, () =>
    Object.entries(countStates(standing())).map(([state, count]) => [{ state }, count]),
  );
  const labels = ['device', 'name', 'agent'];
  follow(
    register,
    { name: 'device_age_seconds', help: 'Since the newest reading was measured', labels },
    () =>
      standing().map(({ id, series: { topic, agent }, timeMs }) => [
        { device: id, name: topicParts(topic).name, agent },
        Math.max(0, (at().nowMs - timeMs) / 1000),
      ]),
  );
}

function followSinks(register: Registry, sinks: () => readonly SinkView[]): void {
  const help = 'Items by what became of them; stored is the sum of all outcomes and the pending';
  follow(register, { name: 'sink_items_total', help, labels: ['sink', 'items', 'outcome'] }, () =>
    sinks().flatMap(({ name: sink, readings, windows }) =>
      Object.entries({ readings, windows }).flatMap(([items, { delivered, refused, expired }]) =>
        Object.entries({ delivered, refused, expired }).map(
          ([outcome, count]) => [{ sink, items, outcome }, count] as const,
        ),
      ),
    ),
  );
  follow(register, { name: 'sink_pending', help: 'Items that wait', labels: ['sink', 'items'] }, () =>
    sinks().flatMap(({ name: sink, readings, windows }) => [
      [{ sink, items: 'readings' }, readings.pending] as const,
      [{ sink, items: 'windows' }, windows.pending] as const,
    ]),
  );
  const before = 'Stored before the sink was added, which asked for what comes from then on';
  follow(register, { name: 'sink_skipped', help: before, labels: ['sink', 'items'] }, () =>
    sinks().flatMap(({ name: sink, readings, windows }) =>
      Object.entries({ readings, windows }).map(
        ([items, { skipped = 0 }]) => [{ sink, items }, skipped] as const,
      ),
    ),
  );
  const settlingHelp = 'Written windows that are still to be written once more';
  follow(register, { name: 'sink_settling', help: settlingHelp, labels: ['sink'] }, () =>
    sinks().flatMap(({ name: sink, settling }) =>
      settling === undefined ? [] : [[{ sink }, settling] as const],
    ),
  );
  const changesHelp = 'Renamed, merged or deleted devices that it has still to take over';
  follow(register, { name: 'sink_changes_waiting', help: changesHelp, labels: ['sink'] }, () =>
    sinks().flatMap(({ name: sink, changes }) =>
      changes === undefined ? [] : [[{ sink }, changes.waiting] as const],
    ),
  );
  follow(
    register,
    { name: 'sink_waiting', help: '1 while the store does not take it', labels: ['sink'] },
    () => sinks().map(({ name: sink, state }) => [{ sink }, state === 'waiting' ? 1 : 0]),
  );
}

function followAges(register: Registry, sinks: () => readonly SinkView[]): void {
  const help = 'Points of the ages of devices; missed ones are not kept, the next minute says it anew';
  follow(register, { name: 'sink_ages_total', help, labels: ['sink', 'outcome'] }, () =>
    sinks().flatMap(({ name: sink, ages = {} }) =>
      Object.entries(ages).map(([outcome, count]) => [{ sink, outcome }, count] as const),
    ),
  );
}

function followAlerts(register: Registry, alerts: () => readonly AlertChannelView[]): void {
  const help = 'Alerts by what became of them; queued is the sum of all outcomes';
  follow(register, { name: 'alerts', help, labels: ['channel', 'outcome'] }, () =>
    alerts().flatMap(({ channel, problem: _, ...account }) =>
      Object.entries(account).map(([outcome, count]) => [{ channel, outcome }, count] as const),
    ),
  );
}

function followPages(register: Registry, events: Pick<EventStream, 'counts'>): void {
  follow(register, { name: 'event_clients', help: 'Pages that listen' }, () => [[{}, events.counts.clients]]);
  follow(
    register,
    { name: 'event_clients_lost_total', help: 'Pages let go or refused', labels: ['why'] },
    () => [
      [{ why: 'slow' }, events.counts.dropped],
      [{ why: 'too_many' }, events.counts.refused],
    ],
  );
}

const durationBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Times every request that ends, by its route, so that foreign addresses make no new series. */
export function timeRequests(server: FastifyInstance, register: Registry): void {
  const durations = new Histogram({
    name: 'wattline_http_request_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route', 'status'],
    buckets: durationBuckets,
    registers: [register],
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    if (route === '/api/events') return;
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    durations.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
}
