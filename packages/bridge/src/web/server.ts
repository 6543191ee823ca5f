// The bridge's HTTP server: the API and the page.

import { Server as TlsServer } from 'node:tls';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Certificate } from '../certificate.ts';
import type { DeviceChange } from '../keeping/device-change.ts';
import type { AlarmHistory } from '../live/alarm-history.ts';
import type { Days } from '../live/energy.ts';
import type { Readmitted } from '../log/readmit.ts';
import type { Users } from '../users/users.ts';
import { guardAccess } from './access.ts';
import { answerErrors, answerFault } from './errors.ts';
import { type EventStream, startEventStream } from './event-stream.ts';
import { createIdentifier } from './identity.ts';
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
import { openRoutes, serveSession } from './routes/session.ts';
import { type Site, serveAlarms, serveSite } from './routes/site.ts';
import type { Sessions } from './sessions.ts';
import type { StatusSources } from './status.ts';

const bodyBytesMax = 16_384;
const headerBytesMax = 16_384;
/** Requests that take too long are looked for so often. */
const lookEveryMs = 2_000;
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
  readonly users: Users;
  readonly sessions: Sessions;
  /** Whoever reaches the page may read it. */
  readonly allowsAnonymous: boolean;
  readonly certificate?: Certificate;
  /** Folder of the built page. */
  readonly page: string | undefined;
  /** Hears of requests that failed by our fault. */
  readonly onFailure: (error: unknown, url: string) => void;
}

interface Web {
  readonly server: FastifyInstance;
  readonly events: Pick<EventStream, 'counts'>;
}

function createServer(certificate: Certificate | undefined): FastifyInstance {
  const options = {
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    frameworkErrors: answerFault,
    routerOptions: { maxParamLength: parameterLengthMax },
  };
  const limits = { maxHeaderSize: headerBytesMax, connectionsCheckingInterval: lookEveryMs };
  const server: FastifyInstance =
    certificate === undefined
      ? Fastify({ ...options, http: limits })
      : (Fastify({ ...options, https: { ...limits, ...certificate.read() } }) as unknown as FastifyInstance);
  const { server: listener } = server;
  certificate?.onChange((renewed) => {
    if (listener instanceof TlsServer) listener.setSecureContext(renewed);
  });
  listener.maxConnections = connectionsMax;
  listener.headersTimeout = requestTimeoutMs;
  server.removeContentTypeParser('text/plain');
  return server;
}

/** Builds the server; the caller listens and closes. The live view is stepped from now until it is closed. */
export async function createWeb(parts: WebParts): Promise<Web> {
  const { live, clock, queries } = parts;
  const { devices, agents } = live;
  const { users, sessions, allowsAnonymous } = parts;
  const server = createServer(parts.certificate);
  answerErrors(server, parts.onFailure);
  const identityOf = guardAccess(server, {
    hosts: parts.hosts,
    identifier: createIdentifier(users, sessions),
    allowsAnonymous,
    openRoutes: ['/', '/*', '/healthz', '/readyz', ...openRoutes],
  });
  await servePage(server, parts.page);
  const events = startEventStream(live, clock);
  server.addHook('preClose', async () => events.close());
  users.onChange(events.endAll);
  const isTls = parts.certificate !== undefined;
  serveSession(server, { users, sessions, identityOf, isTls, allowsAnonymous });
  serveOperations(server, { identityOf, allowsAnonymous, sources: parts, events, clock });
  serveDevices(server, { devices, clock });
  serveDeviceChanges(server, { devices, changeDevice: parts.changeDevice, identityOf });
  serveEvents(server, events);
  serveSeries(server, { devices, queries, clock });
  serveExport(server, { devices, queries, clock, onFailure: parts.onFailure });
  serveSite(server, { ...parts, devices, increase: queries.increase });
  serveAlarms(server, parts);
  serveReadmit(server, { ...parts, identityOf });
  serveReplays(server, parts.replays, identityOf);
  serveAgents(server, { agents, clock, identityOf, stayAwake: parts.stayAwake });
  await server.ready();
  return { server, events };
}
