// `run`: the service, until it is told to stop.

import {
  createClock,
  createNotify,
  type ExitCode,
  exitCodes,
  type HostPort,
  UsageError,
} from '@wattline/program';
import { rememberFaults } from '../keeping/faults.ts';
import { type Service, startService } from '../service.ts';
import type { Surround } from '../surround.ts';
import { exposures } from '../users/exposure.ts';
import { pageBeside, workerBeside } from './files.ts';

/** Says again how it is so often. */
const statusEveryMs = 30_000;

export async function run(surround: Surround): Promise<ExitCode> {
  const { configuration, surroundings, signal, version } = surround;
  const { log, list: faults } = rememberFaults(surround.log, Date.now);
  const open = exposures(configuration);
  if (open.length > 0) throw new UsageError(open.join('\n'));
  const notify = createNotify({ environment: surroundings.environment, log });
  let service: Service;
  try {
    const { mainFile } = surround;
    const page = await pageBeside(mainFile);
    service = await startService({
      configuration,
      clock: createClock(),
      hostName: surroundings.hostName,
      log,
      faults,
      version,
      page,
      worker: workerBeside(mainFile),
    });
  } catch (error) {
    log.error(explainStart(error, configuration.web), error);
    return exitCodes.unexpected;
  }
  log.info(`page ${service.pageUrl}; broker ${service.brokerAddress}; store ${configuration.store.path}`);
  surround.tellParent({ pageUrl: service.pageUrl, brokerAddress: service.brokerAddress });
  const status = () => service.notReady().join('; ') || `running, page ${service.pageUrl}`;
  await notify.ready(status());
  const timers = [setInterval(() => void notify.status(status()), statusEveryMs)];
  if (notify.aliveEveryMs !== undefined) {
    timers.push(setInterval(() => void notify.alive(), notify.aliveEveryMs));
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const timer of timers) clearInterval(timer);
  await notify.stopping();
  await service.close();
  log.info('stopped');
  return exitCodes.done;
}

/** What the broker and the store throw is in words already. */
function explainStart(error: unknown, { host }: HostPort): string {
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken by another program (web.listen). Stop it, or choose another port`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used (web.listen). Choose one above 1023`;
  return 'the bridge could not start';
}
