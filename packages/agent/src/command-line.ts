// The command line of wattline-agent: words to one invocation, with the replaced Victron tool's spellings beside ours.

import { parseDuration, UsageError } from '@wattline/program';
import {
  type Command,
  createCommandLine,
  everywhereOf,
  noCommand,
  parseWords,
  type Everywhere as WithoutReplay,
} from '@wattline/program/command-line';

interface Everywhere extends WithoutReplay {
  /** A capture to use instead of the devices. */
  readonly replay?: string;
}

export type Invocation = Everywhere &
  (
    | { readonly command: 'run' }
    | { readonly command: 'devices' }
    | { readonly command: 'outbox' }
    | { readonly command: 'once'; readonly names: readonly string[]; readonly deadlineMs?: number }
    | {
        readonly command: 'scan';
        readonly forMs: number;
        /** The port that is asked; absent: nobody is. */
        readonly asked?: string;
      }
    | { readonly command: 'read'; readonly name: string; readonly raw: boolean }
    | { readonly command: 'check'; readonly offline: boolean }
    | {
        readonly command: 'decode';
        readonly definition?: string;
        readonly bytes: readonly string[];
        readonly key?: string;
        readonly record?: string;
        /** Hex: what was sent. */
        readonly request?: string;
        readonly lines: boolean;
      }
    | { readonly command: 'record'; readonly name: string; readonly out: string; readonly forMs: number }
    | { readonly command: 'pair'; readonly name: string }
    | { readonly command: 'victron-keys'; readonly file: string }
    /** The text was asked for: help or version. */
    | { readonly command: 'print'; readonly text: string }
  );

const duration = (option: string) => (written: string) => {
  const ms = parseDuration(written);
  if (ms === undefined)
    throw new UsageError(`${option} takes a duration such as 30s or 5m, not "${written}"`);
  return ms;
};

const forOption = (program: Command, what: string, unlessSaid: string) =>
  program
    .createOption('--for <duration>', what)
    .argParser(duration('--for'))
    .default(duration('--for')(unlessSaid), unlessSaid);

/** @throws UsageError in words for the person who typed. */
export const parseCommandLine = (words: readonly string[], version: string): Invocation =>
  parseWords<Invocation>(words, (found) => createProgram(version, found));

function createProgram(version: string, found: Found): Command {
  const program = createCommandLine({
    name: 'wattline-agent',
    description: 'Reads off-grid power devices and publishes their readings by MQTT.',
    version,
    places: './agent.yml, ./config.yml, /etc/wattline/agent.yml',
  });
  program
    .option('--replay <file>', 'use a capture instead of the devices')
    .addOption(
      program
        .createOption('-d, --device <number|name>', 'read one device once, as the replaced Victron tool did')
        .hideHelp(),
    );
  const everywhere: Everything = (json) => {
    const { replay } = program.opts();
    return { ...everywhereOf(program, json), ...(replay === undefined ? {} : { replay }) };
  };
  addReading(program, everywhere, found);
  addTools(program, everywhere, found);
  program.action(() => {
    const { device } = program.opts();
    if (device === undefined || program.args.length > 0) throw noCommand(program);
    found({ command: 'once', names: [device], ...everywhere() });
  });
  return program;
}

type Everything = (json?: boolean) => Everywhere;
type Found = (invocation: Invocation) => void;

function addReading(program: Command, everywhere: Everything, found: Found): void {
  program
    .command('run')
    .description('read every device at its interval until stopped')
    .option('--json', 'print each accepted reading, one JSON a line')
    .action(({ json }) => found({ command: 'run', ...everywhere(json) }));
  program
    .command('once [name...]')
    .description('read each device once, deliver, exit')
    .option('--deadline <duration>', 'how long at most', duration('--deadline'))
    .option('--json', 'print each accepted reading, one JSON a line')
    .action((names, { json, deadline }) =>
      found({
        command: 'once',
        names,
        ...(deadline === undefined ? {} : { deadlineMs: deadline }),
        ...everywhere(json),
      }),
    );
  program
    .command('scan')
    .description('list what is in reach and recognise it')
    .addOption(forOption(program, 'how long to listen', '10s'))
    .option('--ask', 'ask at a port what is there, instead of listening; needs --port')
    .option('--port <path>', 'the port to ask at: a serial port, /dev/hidrawN or usb:VVVV:PPPP')
    .option('--json', 'one JSON a device')
    .action(({ for: forMs, ask = false, port, json }) => {
      if (ask !== (port !== undefined)) throw new UsageError('--ask and --port go together');
      const asked = port === undefined ? {} : { asked: port };
      found({ command: 'scan', forMs, ...asked, ...everywhere(json) });
    });
  program
    .command('read <name>')
    .description('read one device and print it; publishes nothing')
    .option('--raw', 'also what was heard and has no name in the vocabulary')
    .option('--json', 'as JSON')
    .action((name, { raw = false, json }) => found({ command: 'read', name, raw, ...everywhere(json) }));
  program
    .command('check')
    .description('validate the configuration and prove each device and the broker')
    .option('--offline', 'only the configuration')
    .option('--json', 'as JSON')
    .action(({ offline = false, json }) => found({ command: 'check', offline, ...everywhere(json) }));
  program
    .command('record <name>')
    .description('capture what a device sends, with times')
    .requiredOption('--out <file>', 'where to')
    .addOption(forOption(program, 'how long', '60s'))
    .action((name, { out, for: forMs }) => found({ command: 'record', name, out, forMs, ...everywhere() }));
}

function addTools(program: Command, everywhere: Everything, found: Found): void {
  program
    .command('pair <name>')
    .description('bond with a device that demands it, with the configured PIN, through BlueZ')
    .action((name) => found({ command: 'pair', name, ...everywhere() }));
  program
    .command('decode [definition] [hex...]')
    .description('decode captured bytes')
    .option('--key <hex>', 'the key or password of the device')
    .option('--record <name>', 'the record that was asked for')
    .option('--request <hex>', 'what was sent, for answers that do not name their question')
    .option('--jsonl', 'read requests from standard input, one JSON a line')
    .option('--json', 'as JSON')
    .action((definition, bytes, { key, record, request, jsonl = false, json }) =>
      found({
        command: 'decode',
        bytes,
        lines: jsonl,
        ...(definition === undefined ? {} : { definition }),
        ...(key === undefined ? {} : { key }),
        ...(record === undefined ? {} : { record }),
        ...(request === undefined ? {} : { request }),
        ...everywhere(json),
      }),
    );
  program
    .command('victron-keys <file>')
    .description('list addresses and keys of a VictronConnect database')
    .option('--json', 'as JSON')
    .action((file, { json }) => found({ command: 'victron-keys', file, ...everywhere(json) }));
  program
    .command('devices')
    .description('the catalogue: what this release can read')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'devices', ...everywhere(json) }));
  program
    .command('outbox')
    .description('what waits for delivery')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'outbox', ...everywhere(json) }));
}
