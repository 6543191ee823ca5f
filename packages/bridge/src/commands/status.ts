// `status`: asks the running bridge.

import { type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import type { Surround } from '../surround.ts';
import type { DeviceView } from '../web/api.ts';
import type { StatusView } from '../web/status-views.ts';
import { addressOf, askBridge, NoAnswerError } from './running-bridge.ts';

export async function showStatus(
  { configuration, terminal, log }: Surround,
  json: boolean,
): Promise<ExitCode> {
  const { web } = configuration;
  try {
    const status = await askBridge<StatusView>(web, '/api/status');
    const { devices } = await askBridge<{ devices: readonly DeviceView[] }>(web, '/api/devices');
    if (json) terminal.printJson(status);
    else print(terminal, status, devices);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    log.error(
      `no bridge answers at ${addressOf(web)}: ${error.message}. Is it running, with this configuration?`,
    );
    return exitCodes.unexpected;
  }
}

function print(terminal: Terminal, status: StatusView, devices: readonly DeviceView[]): void {
  terminal.printLine(`${overallWords(status)}, version ${status.version}, up ${status.uptime_secs} s`);
  const counts = Object.entries(status.devices).map(([state, count]) => `${count} ${state}`);
  terminal.printLine(`devices: ${counts.join(', ')}`);
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

/** What the word means, of which the page and other programs know only the word itself. */
function overallWords({ status, devices: { fresh, sleeping, late, lost } }: StatusView): string {
  if (status === 'OK') return status;
  if (fresh + sleeping + late + lost === 0) return `${status}: no agent has delivered a reading yet`;
  return `${status}: ${late + lost} of ${fresh + sleeping + late + lost} devices are late or lost`;
}
