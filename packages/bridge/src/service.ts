// The bridge at work: the log and what follows it, the broker in front, the web beside. Built in the order in which
// things depend on each other, taken down in the reverse.

import type { Clock, Log as Say } from '@wattline/program';
import { stayAwakeTopic } from '@wattline/protocols';
import { type Alerts, startAlerts } from './alerts/alerts.ts';
import { postTo, publishBelow } from './alerts/channels.ts';
import { forgetTold } from './alerts/notebook.ts';
import { type Certificate, openCertificate } from './certificate.ts';
import type { BridgeConfiguration } from './config/configuration.ts';
import { deliver, sleep } from './deliver.ts';
import { type Front, openFront } from './front.ts';
import { type AcknowledgementTimes, createAcknowledgementTimes } from './intake/acknowledgement-times.ts';
import { explainAside } from './intake/explain-aside.ts';
import { createIntake, type Intake, type Witness } from './intake/intake.ts';
import type { Fault } from './keeping/faults.ts';
import { type ChangeParts, runChange } from './keeping/run-change.ts';
import { schemaParts } from './keeping/schema-parts.ts';
import { type AlarmHistory, openAlarmHistory } from './live/alarm-history.ts';
import { followLog, type Live } from './live/live.ts';
import { readmitAll } from './log/readmit.ts';
import { openLog, type SqliteLog } from './log/sqlite-log.ts';
import { openHistoryQueries } from './queries/open-queries.ts';
import type { HistoryQueries } from './queries/queries.ts';
import { createSaid } from './said.ts';
import type { Delivery } from './sinks/delivery.ts';
import { openStorageView } from './storage-view.ts';
import { openStore, type Store } from './store.ts';
import { createLocalDays, type LocalDays } from './tiers/local-days.ts';
import { createTiers, type Tiers } from './tiers/tiers.ts';
import { windowsOfTiers } from './tiers/windows.ts';
import { startUpkeep } from './upkeep.ts';
import { type Users, usersOf } from './users/users.ts';
import { createWeb } from './web/server.ts';
import { openSessions } from './web/sessions.ts';

export interface ServiceParts {
  readonly configuration: BridgeConfiguration;
  readonly clock: Clock;
  readonly log: Say;
  /** The newest of what the log said to be wrong. */
  readonly faults?: () => readonly Fault[];
  readonly version: string;
  /** What this machine is called in its network. */
  readonly hostName: string;
  /** Folder of the built page. */
  readonly page: string | undefined;
  /** The thread that answers questions to history. */
  readonly worker: URL;
}

export interface Service {
  readonly pageUrl: string;
  readonly brokerAddress: string;
  /** Why it cannot be relied on now; empty when it can. */
  notReady(): readonly string[];
  close(): Promise<void>;
}

/** Databases see the window that goes on, as it stands; later points of it replace the earlier ones. */
const openEveryMs = 20_000;
/** The newest of what was set aside, on the status page. */
const asidesShown = 20;
const conflictsShown = 100;

interface Core {
  readonly store: Store;
  readonly log: SqliteLog;
  readonly tiers: Tiers;
  readonly intake: Intake;
  readonly history: AlarmHistory;
  readonly live: Live;
  readonly sinks: readonly Delivery[];
  readonly acknowledgements: AcknowledgementTimes;
  /** Brings what is in to its end; call when nothing comes in any more. */
  close(): Promise<void>;
}

/** The log and everything that follows it. */
function openCore(parts: ServiceParts, days: LocalDays): Core {
  const { configuration, clock, log: say } = parts;
  const { retention, sizeBytesMax, path } = configuration.store;
  const { rawMs } = retention;
  const report = (text: string) => say.warn(text);
  const clockSynced = () => clock.isSynced();
  const now = () => clock.nowMs();
  const store = openStore({ path, parts: schemaParts, isWhole: true });
  const { replacedPrograms } = configuration;
  const log = openLog({ store, clockSynced, rawMs, bytesMax: sizeBytesMax, report, replacedPrograms });
  const tiers = createTiers({
    ...{ store, log, days, rawMs, now, openEveryMs, clockSynced, report },

    tiers: retention.tiers,
  });
  const history = openAlarmHistory(store);
  const onAlarmFailure = (error: unknown) => say.error('alarms could not be written', error);
  const live = followLog({ log, history, clock: now, onAlarmFailure });
  const acknowledgements = createAcknowledgementTimes();
  const steadyMs = () => performance.now();
  const { broker } = configuration;
  const pendingMax = broker.is === 'embedded' ? { pendingMax: broker.limits.pendingMax } : {};
  const said = createSaid('Messages set aside', report, steadyMs);
  const witness: Witness = (message, verdict, waitedMs) => {
    acknowledgements.add(waitedMs);
    explainAside(message, verdict, said);
  };
  const intake = createIntake({ log, report, uptimeMs: steadyMs, witness, ...pendingMax });
  const sinks = configuration.sinks.map((sink) =>
    deliver(parts, sink, { store, log, tail: log.tail, tiers, live }),
  );
  const wakeSinks = () => {
    for (const { wake } of sinks) wake();
  };
  log.onStored(wakeSinks);
  const upkeep = startUpkeep({
    tiers,
    log,
    now,
    report: (text, error) => say.error(text, error),
    windowsChanged: wakeSinks,
  });
  return {
    ...{ store, log, tiers, intake, history, live, sinks, acknowledgements },
    async close() {
      intake.close();
      upkeep.stop();
      await Promise.all(sinks.map((sink) => sink.stop()));
      log.close();
      store.close();
    },
  };
}

/** @throws Error in words when the store, the broker's or the page's port cannot be had; nothing is left open then */
export async function startService(parts: ServiceParts): Promise<Service> {
  const { configuration, clock, log: say } = parts;
  const opened: (() => Promise<unknown>)[] = [];
  // First nothing comes in any more, then what is in is brought to an end.
  const close = async (): Promise<void> => {
    for (const undo of opened.splice(0).reverse()) await undo();
  };
  try {
    const days = createLocalDays(configuration.site.timeZone);
    const core = openCore(parts, days);
    opened.push(core.close);
    const { intake, store } = core;
    const queries = openHistoryQueries({ ...parts, nowMs: () => parts.clock.nowMs(), file: store.file });
    opened.push(queries.close);
    const report = (text: string) => say.warn(text);
    const users = usersOf(configuration.store.path, report);
    opened.push(async () => users.close());
    const nowMs = () => clock.nowMs();
    const front = await openFront({ configuration, intake, store, users, report, nowMs });
    opened.push(front.close);
    const alerts = openAlerts(parts, core, front);
    opened.push(async () => alerts?.stop());
    const notReady = () => [intake.problem(), front.problem()].filter((problem) => problem !== undefined);
    const { tls } = configuration.web;
    const certificate = tls === undefined ? {} : { certificate: openCertificate('web.tls', tls, report) };
    opened.push(async () => certificate.certificate?.close());
    const { server } = await openWeb(parts, core, {
      front,
      alerts,
      queries,
      days,
      notReady,
      users,
      ...certificate,
    });
    opened.push(() => server.close());
    const { host, port } = configuration.web;
    const pageUrl = await server.listen({ host, port });
    return { pageUrl, brokerAddress: front.view().address, notReady, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a change of a device works on while the bridge runs. */
function changeParts({ configuration }: ServiceParts, core: Core, days: LocalDays): ChangeParts {
  const tierWindows = windowsOfTiers(configuration.store.retention.tiers, days);
  return { ...core, tierWindows };
}

interface Beside {
  readonly front: Front;
  readonly alerts: Alerts | undefined;
  readonly queries: HistoryQueries;
  readonly days: LocalDays;
  readonly notReady: () => readonly string[];
  readonly users: Users;
  readonly certificate?: Certificate;
}

function openWeb(parts: ServiceParts, core: Core, { front, alerts, ...beside }: Beside) {
  const { configuration, clock, log: say, hostName, version, page } = parts;
  const { store, log, history, live, sinks, acknowledgements } = core;
  const { site, web } = configuration;
  const now = () => clock.nowMs();
  return createWeb({
    ...{ live, log, history, clock: now, version, page, acknowledgements, ...beside },
    waiting: () => core.intake.pending,
    tiers: () => ({ ...core.tiers.accounts(), cursor: core.tiers.cursor() }),
    setAside: () => log.asides(asidesShown),
    typeConflicts: () => log.typeConflicts(conflictsShown),
    startedMs: now(),
    faults: parts.faults ?? (() => []),
    broker: front.view,
    sinks: () => sinks.map((sink) => sink.view()),
    alerts: () => alerts?.view() ?? [],
    replays: sinks,
    storage: openStorageView(store, configuration.store, beside.queries.holdings),
    site: { name: site.name, timezone: site.timeZone },
    changeDevice: (change, isTrial) => runChange(changeParts(parts, core, beside.days), change, isTrial),
    readmit: () => readmitAll(log, now),
    stayAwake: (agent, untilMs) =>
      front.publish(stayAwakeTopic(agent), JSON.stringify({ until: untilMs }), { retain: true }),
    sessions: openSessions({ store, findUser: beside.users.find, clock: now }),
    allowsAnonymous: configuration.allowsAnonymous,
    hosts: [...web.hosts, hostName, `${hostName}.local`],
    onFailure: (error, url) => say.error(`${url} could not be answered`, error),
  });
}

function openAlerts(
  { configuration, clock, log: say }: ServiceParts,
  { store, history }: Core,
  { publish }: Front,
): Alerts | undefined {
  const { alerts, site } = configuration;
  if (alerts === undefined) {
    forgetTold(store);
    return undefined;
  }
  const { topic, webhook, holdMs, levels } = alerts;
  return startAlerts({
    ...{ store, history, holdMs, levels, sleep, random: Math.random },
    channels: {
      ...(topic === undefined ? {} : { mqtt: publishBelow(topic, site.name, publish) }),
      ...(webhook === undefined ? {} : { webhook: postTo(webhook, site.name) }),
    },
    clock: () => clock.nowMs(),
    report: (text) => say.warn(text),
  });
}
