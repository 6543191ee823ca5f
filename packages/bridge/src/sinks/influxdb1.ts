// InfluxDB 1. One database; a retention policy for the raw points and one a tier, in place of the buckets of version 2:
// "wattline"."raw", "wattline"."2m", … The names of measurements, tags and fields are the same.
// Answers to writes: 400 something refused, the rest may be stored; 404 no such database; 401, 403 the user; 5xx later.

import { createInfluxDb1Client, type InfluxDb1Place, StatusError } from './influxdb1-http.ts';
import { answered, createPolicies } from './influxdb1-policies.ts';
import { removeSeries } from './influxdb1-remove.ts';
import type { Keeping } from './keep-in-step.ts';
import { linesByTier, requestsOf, retentionMarginMs } from './line-protocol.ts';
import { type Point, RefusedError, type Removal, rawTier, type Sink, UnavailableError } from './sink.ts';

export type InfluxDb1Options = InfluxDb1Place & Keeping & { readonly clock: () => number };

export function createInfluxDb1Sink(options: InfluxDb1Options): Sink {
  const { url, database } = options;
  const client = createInfluxDb1Client(options);
  const policies = createPolicies(client, options);

  const writeLines = async (policy: string, lines: readonly string[]): Promise<void> => {
    try {
      await client.write(policy, lines.join('\n'));
    } catch (error) {
      const explained = explain(error, policy);
      if (explained instanceof UnavailableError) policies.lookAgain();
      throw explained;
    }
  };

  const explain = (error: unknown, policy: string): Error => {
    if (!(error instanceof StatusError)) return client.unreachable(error);
    const { status, message } = error;
    if (status === 400 || status === 413) return new RefusedError(message);
    if (status === 404 || message.startsWith('retention policy not found')) {
      const todo = 'Create it, or give the user the right to do so.';
      return new UnavailableError(`InfluxDB has no policy "${database}"."${policy}". ${todo} (${message})`);
    }
    return answered(error, { url, database });
  };

  const gate = createGate();
  const write = async (points: readonly Point[]): Promise<void> => {
    for (const [tier, lines] of linesByTier(points)) {
      for (const request of requestsOf(lines)) await writeLines(tier, request);
    }
  };
  const holds = ({ tier, timeMs }: Point, nowMs: number): boolean => {
    const keepMs = policies.keepMs(tier);
    return keepMs === null || timeMs > nowMs - keepMs + retentionMarginMs;
  };
  const remove = async (removals: readonly Removal[]): Promise<void> => {
    const nowMs = options.clock();
    const tiers = options.tiers.map(({ tier }) => tier);
    const place = { client, database, tiers, holds: (point: Point) => holds(point, nowMs) };
    await removeSeries(place, removals).catch((error: unknown) => {
      throw explain(error, rawTier);
    });
  };

  return {
    write: (points) => gate.together(() => write(points)),
    prepare: () => policies.prepare(),
    holds,
    mergesFields: true,
    remove: (removals) => gate.alone(() => remove(removals)),
    plan: () => policies.plan(),
    close: async () => client.close(),
  };
}

/** Many work together, or one alone. */
function createGate() {
  let alone: Promise<unknown> = Promise.resolve();
  const together = new Set<Promise<unknown>>();
  const ended = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
  return {
    together: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      await alone;
      const done = work();
      together.add(done);
      return done.finally(() => together.delete(done));
    },
    alone: <Result>(work: () => Promise<Result>): Promise<Result> => {
      const done = alone.then(() => ended(Promise.all([...together].map(ended)))).then(work);
      alone = ended(done);
      return done;
    },
  };
}
