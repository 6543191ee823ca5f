// `status`: asks the running bridge.

import { type ExitCode, exitCodes, type HostPort, type Terminal } from '@wattline/program';
import type { Surround } from '../surround.ts';
import type { DeviceView, StatusView } from '../web/api.ts';

const timeoutMs = 5_000;

export async function showStatus(
  { configuration, terminal, log }: Surround,
  json: boolean,
): Promise<ExitCode> {
  const url = addressOf(configuration.web);
  const answer = await ask(url);
  if (typeof answer === 'string') {
    log.error(`no bridge answers at ${url}: ${answer}. Is it running, with this configuration?`);
    return exitCodes.unexpected;
  }
  if (json) terminal.printJson(answer.status);
  else print(terminal, answer.status, answer.devices);
  return exitCodes.done;
}

/** Where it listens on all addresses it listens on this machine's own. */
function addressOf({ host, port }: HostPort): string {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${own.includes(':') ? `[${own}]` : own}:${port}`;
}

async function ask(url: string): Promise<{ status: StatusView; devices: readonly DeviceView[] } | string> {
  try {
    const get = async (path: string) => {
      const answer = await fetch(url + path, { signal: AbortSignal.timeout(timeoutMs) });
      if (!answer.ok) throw new Error(`${path} is answered with ${answer.status}`);
      return await answer.json();
    };
    const [status, list] = await Promise.all([get('/api/status'), get('/api/devices')]);
    return { status: status as StatusView, devices: (list as { devices: readonly DeviceView[] }).devices };
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error && cause.message !== '' ? cause.message : message;
  }
}

function print(terminal: Terminal, status: StatusView, devices: readonly DeviceView[]): void {
  terminal.printLine(`${status.status}, version ${status.version}, up ${status.uptime_secs} s`);
  for (const reason of status.not_ready) terminal.printLine(`not ready: ${reason}`);
  const { accounts, sinks } = status;
  const aside = Object.values(accounts.aside).reduce((sum, count) => sum + count, 0);
  terminal.printLine(
    `received ${accounts.received} = stored ${accounts.stored} + duplicate ${accounts.duplicate} + conflict ${accounts.conflict} + state ${accounts.state} + aside ${aside}`,
  );
  for (const { name, state, readings, problem } of sinks) {
    const reason = problem === undefined ? '' : `: ${problem}`;
    terminal.printLine(
      `sink ${name} ${state}: delivered ${readings.delivered}, pending ${readings.pending}, refused ${readings.refused}, expired ${readings.expired}${reason}`,
    );
  }
  terminal.printTable(
    ['device', 'agent', 'state', 'age s', 'model'],
    devices.map(({ topic, agent, state, age, model }) => [topic, agent, state, Math.round(age), model ?? '']),
  );
}
