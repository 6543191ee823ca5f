// /api/site, /api/alarms

import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { AlarmHistory } from '../../live/alarm-history.ts';
import type { Devices } from '../../live/devices.ts';
import { type Days, type Energy, energyOf, type Increase } from '../../live/energy.ts';
import { remember } from '../../live/remember.ts';
import { unexplainedOf, wattsOf } from '../../live/site.ts';
import type { AlarmView, SiteView } from '../api.ts';
import { parseRequest, requireOrder, spanParameters } from '../query.ts';

export interface Site {
  readonly name: string;
  readonly timezone: string;
}

interface SiteParts {
  readonly devices: Devices;
  readonly site: Site;
  readonly days: Days;
  readonly increase: Increase;
  readonly clock: () => number;
  readonly onFailure: (error: unknown, url: string) => void;
}

const energyMs = 30_000;
const unknownEnergy: Energy = { today: null, sameDayLastYear: null };

export function serveSite(server: FastifyInstance, parts: SiteParts): void {
  const { devices, site, days, increase, clock, onFailure } = parts;
  const energy = remember((nowMs) => energyOf(devices.views(nowMs), days, increase, nowMs), energyMs);
  server.get('/api/site', async (request): Promise<SiteView> => {
    const now = clock();
    // What flows now is known also while history cannot be read.
    const { today, sameDayLastYear } = await energy(now).catch((error: unknown) => {
      onFailure(error, request.url);
      return unknownEnergy;
    });
    const watts = wattsOf(devices.views(now));
    return {
      now,
      name: site.name,
      timezone: site.timezone,
      watts,
      unexplained: unexplainedOf(watts),
      energy_today: today,
      energy_same_day_last_year: sameDayLastYear,
    };
  });
}

const alarmsMax = 1_000;

interface AlarmParts {
  readonly history: Pick<AlarmHistory, 'between'>;
  readonly clock: () => number;
}

export function serveAlarms(server: FastifyInstance, { history, clock }: AlarmParts): void {
  server.get('/api/alarms', (request) => {
    const now = clock();
    const { from, to } = parseRequest(z.strictObject(spanParameters(now, '-7d')), request.query);
    requireOrder({ from, to });
    const alarms: readonly AlarmView[] = history
      .between(from, to, alarmsMax)
      .map(({ id: _, ...alarm }) => alarm);
    return { now, alarms };
  });
}
