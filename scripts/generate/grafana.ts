// deploy/grafana: what `wattline-bridge dashboards` writes without a configuration.

import { defaultPlace } from '../../packages/bridge/src/commands/dashboards.ts';
import { grafanaFiles } from '../../packages/bridge/src/dashboards/files.ts';
import { presets } from '../../packages/bridge/src/tiers/tier.ts';

export const grafanaFolder = 'deploy/grafana';

export const generateGrafana = (): { path: string; content: string }[] =>
  grafanaFiles({ place: { ...defaultPlace, retention: presets.server }, intervalSeconds: 60 }).map(
    ({ path, content }) => ({ path: `${grafanaFolder}/${path}`, content }),
  );
