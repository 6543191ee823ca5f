// /api/series, /api/export

import { Readable } from 'node:stream';
import { describeField } from '@wattline/protocols';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Devices } from '../../live/devices.ts';
import type { SeriesView } from '../api.ts';
import { RequestError } from '../errors.ts';
import { exportFormats, type Queries } from '../queries.ts';
import { parseRequest, requireOrder, spanParameters, wholeNumber } from '../query.ts';
import { requireDevice } from './devices.ts';

interface Parts {
  readonly devices: Devices;
  readonly queries: Queries;
  readonly clock: () => number;
}

interface ExportParts extends Parts {
  readonly onFailure: (error: unknown, url: string) => void;
}

const pointsMax = 5_000;
/** Exports that run at one time: each holds a reader of the store. */
const exportsMax = 4;

export function serveSeries(server: FastifyInstance, { devices, queries, clock }: Parts): void {
  server.get('/api/series', async (request): Promise<SeriesView> => {
    const shape = z.strictObject({
      device: z.string(),
      field: z.string(),
      ...spanParameters(clock(), '-24h'),
      points: wholeNumber(1, pointsMax, 480),
    });
    const { device: name, field, from, to, points } = parseRequest(shape, request.query);
    requireOrder({ from, to });
    const { id, series } = requireDevice(devices, name);
    const answer = await queries.series({ series, field, fromMs: from, toMs: to, pointsMax: points });
    const described = describeField(field);
    // What history has decides: the newest value of a field that nothing describes may be of another type.
    const kind = described?.kind ?? answer.kind ?? devices.view(id, to)?.values[field]?.kind;
    return {
      device: id,
      field,
      kind: kind ?? unknownField(name, field),
      ...(described?.unit === undefined ? {} : { unit: described.unit }),
      tier: answer.tier,
      every: answer.everySeconds,
      from,
      to,
      ...(answer.firstMs === undefined ? {} : { first: answer.firstMs }),
      ...(answer.heldFromMs === undefined ? {} : { held_from: answer.heldFromMs }),
      points: answer.points,
    };
  });
}

/** @throws RequestError 404 */
function unknownField(device: string, field: string): never {
  const message = `"${device}" has no field "${field}"; /api/devices/${encodeURIComponent(device)} lists them.`;
  throw new RequestError(404, 'not_found', message);
}

export function serveExport(server: FastifyInstance, parts: ExportParts): void {
  const { devices, queries, clock, onFailure } = parts;
  let running = 0;
  server.get('/api/export', { exposeHeadRoute: false }, async (request, reply) => {
    const shape = z.strictObject({
      device: z.string(),
      ...spanParameters(clock(), '-24h'),
      tier: z.enum(['raw', ...queries.tiers]).default('raw'),
      format: z.enum(exportFormats).default('csv'),
    });
    const { device: name, from, to, tier, format } = parseRequest(shape, request.query);
    requireOrder({ from, to });
    const { id, series } = requireDevice(devices, name);
    if (running >= exportsMax) {
      throw new RequestError(503, 'busy', `${exportsMax} exports are running already; wait for one to end.`);
    }
    running += 1;
    const gone = new AbortController();
    reply.raw.once('close', () => {
      running -= 1;
      gone.abort();
    });
    const question = { series, fromMs: from, toMs: to, tier, format };
    const chunks = await begun(queries.exportHistory(question, gone.signal), (error) => {
      if (!gone.signal.aborted) onFailure(error, request.url);
    });
    return reply
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8')
      .header('content-disposition', `attachment; filename="${id}-${tier}.${format}"`)
      .send(Readable.from(chunks, { objectMode: false }));
  });
}

/**
 * The same chunks, the first of them there: what fails before it can still be answered in words. `onBreak` hears of
 * what fails later, when the one who asked only sees the connection end.
 */
async function begun<Chunk>(
  chunks: AsyncIterable<Chunk>,
  onBreak: (error: unknown) => void,
): Promise<AsyncIterable<Chunk>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    try {
      yield* { [Symbol.asyncIterator]: () => iterator };
    } catch (error) {
      onBreak(error);
      throw error;
    }
  })();
}
