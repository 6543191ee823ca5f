// The bridge's HTTP server: the API and the page.

import Fastify, { type FastifyInstance } from 'fastify';
import type { DeviceChange } from '../keeping/device-change.ts';
import type { AlarmHistory } from '../live/alarm-history.ts';
import type { Days } from '../live/energy.ts';
import type { Readmitted } from '../log/readmit.ts';
import { guardAccess } from './access.ts';
import { answerErrors, answerFault } from './errors.ts';
import { type EventStream, startEventStream } from './event-stream.ts';
import type { Queries } from './queries.ts';
import { serveAgents } from './routes/agents.ts';
import { serveDeviceChanges } from './routes/device-changes.ts';
import { serveDevices } from './routes/devices.ts';
import { serveEvents } from './routes/events.ts';
import { serveExport, serveSeries } from './routes/history.ts';
import { serveOperations } from './routes/operations.ts';
import { servePage } from './routes/page.ts';
import { serveReadmit } from './routes/readmit.ts';
import { type ReplaySink, serveReplays } from './routes/replays.ts';
import { type Site, serveAlarms, serveSite } from './routes/site.ts';
import type { StatusSources } from './status.ts';

const bodyBytesMax = 16_384;
/** For a request to arrive whole. */
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 65_000;
const parameterLengthMax = 256;
/** Beyond it new ones are closed at once. */
const connectionsMax = 512;

export interface WebParts extends StatusSources {
  readonly clock: () => number;
  readonly history: Pick<AlarmHistory, 'between'>;
  readonly queries: Queries;
  readonly site: Site;
  /** Local days of the site. */
  readonly days: Days;
  /** Renames, joins or removes a device, or says what that would do. @throws ChangeRefused */
  readonly changeDevice: (change: DeviceChange, isTrial: boolean) => Promise<readonly string[]>;
  /** Publishes the command that keeps an agent awake; rejects when the broker does not take it. */
  readonly stayAwake: (agent: string, untilMs: number) => Promise<void>;
  /** Sinks that can be filled again. */
  readonly replays: readonly ReplaySink[];
  /** Offers what was set aside to the log again. */
  readonly readmit: () => Promise<readonly Readmitted[]>;
  /** Names the page answers to beside those of this machine itself. */
  readonly hosts: readonly string[];
  /** Folder of the built page. */
  readonly page: string | undefined;
  /** Hears of requests that failed by our fault. */
  readonly onFailure: (error: unknown, url: string) => void;
}

interface Web {
  readonly server: FastifyInstance;
  readonly events: Pick<EventStream, 'counts'>;
}

/** Builds the server; the caller listens and closes. The live view is stepped from now until it is closed. */
export async function createWeb(parts: WebParts): Promise<Web> {
  const { live, clock, queries } = parts;
  const { devices, agents } = live;
  const server = Fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    frameworkErrors: answerFault,
    routerOptions: { maxParamLength: parameterLengthMax },
  });
  server.server.maxConnections = connectionsMax;
  answerErrors(server, parts.onFailure);
  guardAccess(server, parts.hosts);
  await servePage(server, parts.page);
  const events = startEventStream(live, clock);
  server.addHook('preClose', async () => events.close());
  serveOperations(server, { sources: parts, events, clock });
  serveDevices(server, { devices, clock });
  serveDeviceChanges(server, { devices, changeDevice: parts.changeDevice });
  serveEvents(server, events);
  serveSeries(server, { devices, queries, clock });
  serveExport(server, { devices, queries, clock, onFailure: parts.onFailure });
  serveSite(server, { ...parts, devices, increase: queries.increase });
  serveAlarms(server, parts);
  serveReadmit(server, parts);
  serveAgents(server, { agents, clock, stayAwake: parts.stayAwake });
  serveReplays(server, parts.replays);
  await server.ready();
  return { server, events };
}
