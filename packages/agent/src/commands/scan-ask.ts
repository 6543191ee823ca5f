// `scan --ask --port PATH`: which family answers at a port. Each that could be there is asked the first of its records, at
// its own speed, one after the other; nothing else is sent.

import { type ExitCode, exitCodes, type Terminal } from '@wattline/program';
import {
  askRecord,
  type Decoded,
  type DeviceDefinition,
  definitions,
  openConversation,
  ProtocolError,
  requestForms,
} from '@wattline/protocols';
import { connectOf, type Media } from '../reading/connect.ts';
import { mediumOf, type ReadDevice } from '../reading/device.ts';
import { runSession, within } from '../reading/exchange.ts';
import type { StartTimer } from '../reading/pacer.ts';
import { type Moment, TransportError } from '../transport.ts';

export interface ScanAskOptions {
  readonly port: string;
  readonly media: Pick<Media, 'serial' | 'gatt' | 'hid'>;
  readonly now: () => Moment;
  readonly startTimer: StartTimer;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly json: boolean;
}

/** For one family: its tries, and what its record is made of. */
const familyMsMax = 8000;

export async function scanByAsking(options: ScanAskOptions): Promise<ExitCode> {
  const { port, terminal, json } = options;
  const asked = definitions.filter((definition) => isAskedAt(definition, port));
  let current = '';
  const progress = terminal.progress(() => `asking ${port} as ${current} …`);
  try {
    for (const definition of asked) {
      current = definition.name;
      const answer = await askAs(definition, options);
      if (answer === undefined) continue;
      progress.done();
      const model = answer.model ?? definition.name;
      if (json) terminal.printJson({ port, definition: definition.id, kind: answer.kind, model });
      else {
        terminal.printLine(`${port}: ${model}`);
        terminal.printLine('\n# To read it, put this under "devices:" in agent.yml:');
        terminal.printLine(`- name: ${definition.id}\n  definition: ${definition.id}\n  port: ${port}`);
      }
      return exitCodes.done;
    }
  } catch (error) {
    progress.done();
    // Whoever stopped it waits for no answer.
    if (options.signal.aborted) return exitCodes.noneRead;
    if (!(error instanceof TransportError)) throw error;
    terminal.writeError(`${error.message}\n`);
    return exitCodes.noneRead;
  }
  progress.done();
  const names = asked.map(({ id }) => id).join(', ');
  terminal.writeError(
    `${port}: nobody answered; asked for ${names}. Is the cable at the right socket, and the device on and awake?\n`,
  );
  return exitCodes.noneRead;
}

function isAskedAt(definition: DeviceDefinition, port: string): boolean {
  const medium = mediumOf({ ...unknownDevice(definition, port) });
  return definition.ask !== undefined && (medium === 'serial' || medium === 'hid');
}

const unknownDevice = (definition: DeviceDefinition, port: string): ReadDevice => ({
  ...{ name: definition.id, definition, port, intervalMs: 1000 },
});

/** `undefined`: it is not of this family. @throws TransportError when the port cannot be used */
async function askAs(definition: DeviceDefinition, options: ScanAskOptions): Promise<Decoded | undefined> {
  const { port, media, now, startTimer, signal } = options;
  const device = unknownDevice(definition, port);
  const [name] =
    Object.entries(definition.records).find(
      ([, { asked, askedOfParts, turn }]) => (asked ?? askedOfParts) !== undefined && turn !== 'never',
    ) ?? [];
  if (name === undefined) return undefined;
  const link = await connectOf(device, media)(signal);
  try {
    const { contact, known, settled } = openConversation({ medium: mediumOf(device) });
    const context = { ...contact, known, settled, wallMs: now().wallMs };
    const told = await within(familyMsMax, { startTimer, signal }, (own) =>
      runSession(askRecord(definition, name, context), {
        ...{ link, forms: requestForms(definition), startTimer, signal: own },
        namesQuestion: definition.ask?.namesQuestion ?? false,
      }),
    );
    return told?.[0];
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  } finally {
    await link.close();
  }
}
