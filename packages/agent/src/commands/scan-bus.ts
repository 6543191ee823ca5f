// What is on the CAN buses that this machine hears, by the frames that come unasked.

import type { Terminal } from '@wattline/program';
import { familiesOn, formatId } from '@wattline/protocols';
import { type Receiver, TransportError } from '../transport.ts';

/** A bus, by its interface or by the file of a recording. */
export type Buses = ReadonlyMap<string, Pick<Receiver, 'packets'>>;

export interface BusFound {
  readonly port: string;
  readonly definition: string;
  readonly kind: 'battery';
  readonly model: string;
  /** Its name in the configuration. */
  readonly configured?: string;
}

interface Heard {
  readonly found: readonly BusFound[];
  /** Why nothing was recognised on a bus, in words. */
  readonly silent: readonly string[];
}

const idsMax = 256;
const idsShownMax = 12;

/** Listens to all at once until the signal ends it. `configured`: port → name. */
export async function hearBuses(
  buses: Buses,
  configured: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Heard> {
  const all = await Promise.all(
    [...buses].map(([port, bus]) => hearBus(port, bus, configured.get(port), signal)),
  );
  return {
    found: all.flatMap(({ found }) => found),
    silent: all.flatMap(({ silent }) => silent),
  };
}

async function hearBus(
  port: string,
  bus: Pick<Receiver, 'packets'>,
  configured: string | undefined,
  signal: AbortSignal,
): Promise<Heard> {
  const frames = new Map<number, Uint8Array>();
  try {
    for await (const { source, payload } of bus.packets(signal))
      if (frames.has(source) || frames.size < idsMax) frames.set(source, payload);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { found: [], silent: [error.message] };
  }
  const families = familiesOn(frames);
  if (families.length > 0) {
    const found = families.map(({ id, name, readFrames }): BusFound => {
      const told = readFrames?.([...frames].map(([frame, data]) => ({ id: frame, data })));
      const words = (told?.readings ?? []).flatMap(({ values }) => [values['model'], values['manufacturer']]);
      const model = words.find((word) => typeof word === 'string') ?? name;
      const own = configured === undefined ? {} : { configured };
      return { port, definition: id, kind: 'battery', model, ...own };
    });
    return { found, silent: [] };
  }
  const shown = [...frames.keys()].slice(0, idsShownMax).map(formatId).join(' ');
  const what = frames.size === 0 ? 'no frame came' : `the frames tell no family of batteries: ${shown}`;
  return { found: [], silent: [`${port}: ${what}`] };
}

export function printBuses(terminal: Terminal, found: readonly BusFound[]): void {
  if (found.length === 0) return;
  terminal.printTable(
    ['bus', 'model', 'definition', 'configured'],
    found.map(({ port, model, definition, configured }) => [port, model, definition, configured ?? 'no']),
  );
}
