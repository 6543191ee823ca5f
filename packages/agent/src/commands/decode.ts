// `decode`: captured bytes to values, without a device. One question on the command line, or one a line by --jsonl.

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type ExitCode, exitCodes, type Terminal, UsageError } from '@wattline/program';
import { type DecodeAnswer, decodeLine, decodeRequest, definitions } from '@wattline/protocols';
import { formatValues } from '../show.ts';

export interface DecodeOptions {
  readonly json: boolean;
  readonly key?: string;
  readonly record?: string;
  /** Hex. */
  readonly request?: string;
}

/** Answers every line of the input in its order; nothing in a line ends the command, the signal does. */
export async function decodeLines(
  input: Readable,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<ExitCode> {
  for await (const line of createInterface({ input, signal, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') write(decodeLine(line));
  }
  return exitCodes.done;
}

export function decodeOnce(
  terminal: Terminal,
  definition: string | undefined,
  bytes: readonly string[],
  { json, key, record, request }: DecodeOptions,
): ExitCode {
  if (definition === undefined || bytes.length === 0) {
    const known = definitions.map(({ id }) => id).join(', ');
    throw new UsageError(
      `decode needs a definition and bytes in hex: decode victron-ble 1002… --key HEX; known: ${known}`,
    );
  }
  const answer = decodeRequest({
    ...{ definition, bytes },
    ...(key === undefined ? {} : { secret: key }),
    ...(record === undefined ? {} : { record }),
    ...(request === undefined ? {} : { request }),
  });
  if ('error' in answer && answer.error.code === 'usage') throw new UsageError(answer.error.message);
  if (json) terminal.printJson(answer);
  else print(terminal, answer);
  return 'error' in answer ? exitCodes.noneRead : exitCodes.done;
}

function print(terminal: Terminal, answer: DecodeAnswer): void {
  if ('error' in answer) {
    terminal.writeError(`${answer.error.code}: ${answer.error.message}\n`);
    return;
  }
  for (const { record, values } of 'readings' in answer ? answer.readings : [answer]) {
    terminal.printLine(`${answer.definition} ${record}`);
    terminal.printTable(['field', 'value', 'unit'], formatValues(values));
  }
}
