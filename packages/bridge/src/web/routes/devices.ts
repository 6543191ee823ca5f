// /api/devices, /api/devices/:id

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { Device, Devices } from '../../live/devices.ts';
import { RequestError } from '../errors.ts';
import { parseRequest } from '../query.ts';

interface Parts {
  readonly devices: Devices;
  readonly clock: () => number;
}

export function serveDevices(server: FastifyInstance, { devices, clock }: Parts): void {
  server.get('/api/devices', () => {
    const now = clock();
    return { now, devices: devices.views(now) };
  });
  server.get('/api/devices/:id', (request) => {
    const now = clock();
    const { id } = parseRequest(z.object({ id: z.string() }), request.params);
    const view = devices.view(requireDevice(devices, id).id, now);
    return { now, ...view };
  });
}

/** @throws RequestError 404 */
export function requireDevice(devices: Pick<Devices, 'find'>, idOrName: string): Device {
  const device = devices.find(idOrName);
  if (device !== undefined) return device;
  const message = `No device has the id "${idOrName}", and not exactly one has that name; /api/devices lists them.`;
  throw new RequestError(404, 'not_found', message);
}
