// The command line of wattline-bridge: words to one invocation.

import { didYouMean, UsageError } from '@wattline/program';
import {
  type Command,
  createCommandLine,
  type Everywhere,
  everywhereOf,
  noCommand,
  parseWords,
} from '@wattline/program/command-line';
import { type Role, roles } from './users/users-file.ts';

export const exportFormats = ['csv', 'jsonl', 'lp'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export type Invocation = Everywhere &
  (
    | { readonly command: 'run' | 'check' | 'status' | 'readmit' }
    | {
        readonly command: 'export';
        readonly device: string;
        /** As written: ms, ISO, or back from now (`-24h`). */
        readonly from?: string;
        readonly to?: string;
        readonly tier: string;
        readonly format: ExportFormat;
      }
    | { readonly command: 'replay'; readonly sink: string; readonly from?: string; readonly to?: string }
    | { readonly command: 'backup'; readonly file: string; readonly replaces: boolean }
    | { readonly command: 'restore'; readonly file: string }
    | { readonly command: 'report'; readonly file: string }
    | {
        readonly command: 'dashboards';
        readonly out: string;
        /** The longest usual time between two readings, as written. */
        readonly interval: string;
        /** Name of one; else the first that Grafana can ask. */
        readonly sink?: string;
      }
    | {
        readonly command: 'user add';
        readonly name: string;
        readonly role: Role;
        /** Whether the password is asked for, or read from a pipe, instead of made. */
        readonly asks: boolean;
      }
    | { readonly command: 'user remove'; readonly name: string }
    | { readonly command: 'user list' }
    | {
        readonly command: 'device';
        readonly change: 'rename' | 'merge' | 'delete';
        readonly device: string;
        /** The new name, or the other device. */
        readonly into: string;
        /** Else it is only said what would happen. */
        readonly isMeant: boolean;
      }
    /** The text was asked for: help or version. */
    | { readonly command: 'print'; readonly text: string }
  );

/** @throws UsageError in words for the person who typed. */
export const parseCommandLine = (words: readonly string[], version: string): Invocation =>
  parseWords<Invocation>(words, (found) => createProgram(version, found));

function createProgram(version: string, found: (invocation: Invocation) => void): Command {
  const program = createCommandLine({
    name: 'wattline-bridge',
    description: 'Keeps the readings of Wattline agents, feeds databases and serves a web page.',
    version,
    places: './bridge.yml, /etc/wattline/bridge.yml',
  });
  const everywhere = (json?: boolean): Everywhere => everywhereOf(program, json);
  program
    .command('run')
    .description('the service')
    .action(() => found({ command: 'run', ...everywhere() }));
  program
    .command('check')
    .description('validate the configuration, reach broker and sinks, say what would be created')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'check', ...everywhere(json) }));
  program
    .command('status')
    .description('ask the running bridge')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'status', ...everywhere(json) }));
  addExport(program, everywhere, found);
  addReplay(program, everywhere, found);
  addKeeping(program, everywhere, found);
  addUser(program, everywhere, found);
  addDevice(program, everywhere, found);
  program.action(() => {
    throw noCommand(program);
  });
  return program;
}

function addReplay(
  program: Command,
  everywhere: () => Everywhere,
  found: (invocation: Invocation) => void,
): void {
  program
    .command('replay')
    .description('fill a sink again from the history that is still kept, whether the bridge runs or not')
    .requiredOption('--sink <name>', 'the sink, by its name in the configuration')
    .option('--from <time>', 'ms since 1970, ISO, or back from now: -24h; default: all that is kept')
    .option('--to <time>', 'the same; default now')
    .action(({ sink, from, to }) =>
      found({
        command: 'replay',
        sink,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...everywhere(),
      }),
    );
}

function addExport(
  program: Command,
  everywhere: () => Everywhere,
  found: (invocation: Invocation) => void,
): void {
  program
    .command('export <device>')
    .description('history to standard output')
    .option('--from <time>', 'ms since 1970, ISO, or back from now: -24h')
    .option('--to <time>', 'the same; default now')
    .option('--tier <tier>', 'raw, 2m, 5m, 30m, 2h, 1d', 'raw')
    .option('--format <format>', `${exportFormats.join(', ')} (lp: line protocol, times in ms)`, 'csv')
    .action((device, { from, to, tier, format }) => {
      const chosen = exportFormats.find((word) => word === format);
      if (chosen === undefined) {
        throw new UsageError(
          `--format is one of ${exportFormats.join(', ')}${didYouMean(format, exportFormats)}`,
        );
      }
      found({
        command: 'export',
        device,
        tier,
        format: chosen,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...everywhere(),
      });
    });
}

function addKeeping(
  program: Command,
  everywhere: (json?: boolean) => Everywhere,
  found: (invocation: Invocation) => void,
): void {
  program
    .command('backup <file>')
    .description('a consistent copy of the store, while the bridge runs or not')
    .option('--force', 'replace a file that is there already')
    .action((file, { force }) =>
      found({ command: 'backup', file, replaces: force === true, ...everywhere() }),
    );
  program
    .command('readmit')
    .description('take back what was set aside, after its cause is mended')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'readmit', ...everywhere(json) }));
  program
    .command('restore <file>')
    .description('a backup becomes the store; the bridge must not run, the old store is kept aside')
    .action((file) => found({ command: 'restore', file, ...everywhere() }));
  program
    .command('report')
    .description('one file for whoever is asked for help; secrets are left out')
    .requiredOption('--out <file>', 'where it is written')
    .action(({ out }) => found({ command: 'report', file: out, ...everywhere() }));
  program
    .command('dashboards')
    .description("Grafana's dashboards, data source and alert rules")
    .requiredOption('--out <folder>', 'where they are written')
    .option('--interval <duration>', 'the longest usual time between two readings of a device', '1m')
    .option('--sink <name>', 'for this sink; else the first InfluxDB of the configuration')
    .action(({ out, interval, sink }) =>
      found({
        ...{ command: 'dashboards', out, interval },
        ...(sink === undefined ? {} : { sink }),
        ...everywhere(),
      }),
    );
}

const explainedRoles: { readonly [role in Role]: string } = {
  agent: 'publishes its own readings, reads its own commands',
  publisher: 'another program that publishes readings, which name no agent',
  viewer: 'sees the page, subscribes to every topic',
  admin: 'may do everything',
};

function addUser(
  program: Command,
  everywhere: (json?: boolean) => Everywhere,
  found: (invocation: Invocation) => void,
): void {
  const user = program.command('user').description('users of the embedded broker and the page');
  const add = user
    .command('add <name>')
    .description('make a user; its password is made and shown once')
    .option('--password', 'ask for the password instead, or read it from a pipe')
    .action((name, options) => {
      const chosen = roles.filter((role) => options[role]);
      const [role, second] = chosen;
      if (role === undefined || second !== undefined)
        throw new UsageError(`say one of ${roles.map((word) => `--${word}`).join(', ')}`);
      found({ command: 'user add', name, role, asks: options.password === true, ...everywhere() });
    });
  for (const role of roles) add.option(`--${role}`, explainedRoles[role]);
  user
    .command('remove <name>')
    .description('take a user away; its connections end')
    .action((name) => found({ command: 'user remove', name, ...everywhere() }));
  user
    .command('list')
    .description('names and what they may do')
    .option('--json', 'as JSON')
    .action(({ json }) => found({ command: 'user list', ...everywhere(json) }));
  user.action(() => {
    throw new UsageError('say user add NAME, user remove NAME or user list; --help explains them');
  });
}

function addDevice(
  program: Command,
  everywhere: () => Everywhere,
  found: (invocation: Invocation) => void,
): void {
  const changes = [
    ['rename', ' <name>', 'its past and what it sends from now on get another name'],
    ['merge', ' <other>', 'its past and what it sends from now on become part of another device'],
    ['delete', '', 'its past goes'],
  ] as const;
  const device = program
    .command('device')
    .description('rename, merge or delete a device, in the store and where it can in the sinks');
  device.action(() => {
    throw new UsageError(
      'say device rename OLD NEW, device merge OLD OTHER or device delete NAME; --help explains them',
    );
  });
  for (const [change, argument, description] of changes) {
    device
      .command(`${change} <device>${argument}`)
      .description(description)
      .option('--yes', 'do it; without, it is only said what would happen')
      .action((...given: unknown[]) => {
        const [name, other] = given;
        const { yes } = given[argument === '' ? 1 : 2] as { yes?: boolean };
        const into = argument === '' ? '' : String(other);
        found({
          command: 'device',
          change,
          device: String(name),
          into,
          isMeant: yes === true,
          ...everywhere(),
        });
      });
  }
}
