// POST /api/devices/:id/rename, /merge, /delete

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { ChangeRefused, type DeviceChange, renamedTopic } from '../../keeping/device-change.ts';
import type { Devices } from '../../live/devices.ts';
import { type IdentityOf, requireActor } from '../access.ts';
import type { DeviceChangeView } from '../api.ts';
import { RequestError } from '../errors.ts';
import { parseRequest } from '../query.ts';
import { requireDevice } from './devices.ts';

interface Parts {
  readonly devices: Pick<Devices, 'find'>;
  readonly identityOf: IdentityOf;
  /** @throws ChangeRefused */
  readonly changeDevice: (change: DeviceChange, isTrial: boolean) => Promise<readonly string[]>;
}

/** Nothing is changed unless it is asked for in so many words. */
const trial = { dry_run: z.boolean().default(true) };
const shapes = {
  rename: z.strictObject({ into: z.string(), ...trial }),
  merge: z.strictObject({ into: z.string(), ...trial }),
  delete: z.strictObject({ ...trial }),
};

export function serveDeviceChanges(
  server: FastifyInstance,
  { devices, changeDevice, identityOf }: Parts,
): void {
  const serve = <Is extends keyof typeof shapes>(
    is: Is,
    changeOf: (from: DeviceChange['from'], body: z.output<(typeof shapes)[Is]>) => DeviceChange,
  ): void => {
    server.post(`/api/devices/:id/${is}`, async (request): Promise<DeviceChangeView> => {
      requireActor(identityOf(request));
      const { id } = parseRequest(z.object({ id: z.string() }), request.params);
      const body = parseRequest(shapes[is], request.body ?? {}) as z.output<(typeof shapes)[Is]>;
      const { series } = requireDevice(devices, id);
      try {
        const change = changeOf(series, body);
        return { dry_run: body.dry_run, words: await changeDevice(change, body.dry_run) };
      } catch (error) {
        throw error instanceof ChangeRefused ? new RequestError(409, 'refused', error.message) : error;
      }
    });
  };
  serve('rename', (from, { into }) => ({
    is: 'rename',
    from,
    into: { topic: renamedTopic(from, into), agent: from.agent },
  }));
  serve('merge', (from, { into }) => ({ is: 'merge', from, into: requireDevice(devices, into).series }));
  serve('delete', (from) => ({ is: 'delete', from }));
}
