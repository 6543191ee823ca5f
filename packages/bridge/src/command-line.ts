// The command line of wattline-bridge: words to one invocation.

import { didYouMean, type LogLevel, UsageError } from '@wattline/program';
import { Command, CommanderError } from 'commander';

export const exportFormats = ['csv', 'jsonl', 'lp'] as const;
export type ExportFormat = (typeof exportFormats)[number];

interface Everywhere {
  readonly config?: string;
  readonly level: LogLevel;
  readonly json: boolean;
}

export type Invocation = Everywhere &
  (
    | { readonly command: 'run' | 'check' | 'status' }
    | {
        readonly command: 'export';
        readonly device: string;
        /** As written: ms, ISO, or back from now (`-24h`). */
        readonly from?: string;
        readonly to?: string;
        readonly tier: string;
        readonly format: ExportFormat;
      }
    /** The text was asked for: help or version. */
    | { readonly command: 'print'; readonly text: string }
  );

/** @throws UsageError in words for the person who typed. */
export function parseCommandLine(words: readonly string[], version: string): Invocation {
  const printed: string[] = [];
  let invocation: Invocation | undefined;
  const program = createProgram(version, (parsed) => {
    invocation = parsed;
  });
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => printed.push(text), writeErr: () => undefined });
  }
  for (const command of program.commands) command.allowExcessArguments(false);
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
  }
  if (printed.length > 0) {
    return { command: 'print', text: printed.join('').trimEnd(), level: 'info', json: false };
  }
  if (invocation === undefined) throw new UsageError(missingCommand(program));
  return invocation;
}

const missingCommand = (program: Command): string =>
  `a command is missing: ${program.commands.map((command) => command.name()).join(', ')}; --help explains them`;

function createProgram(version: string, found: (invocation: Invocation) => void): Command {
  const program = new Command('wattline-bridge')
    .description('Keeps the readings of Wattline agents, feeds databases and serves a web page.')
    .version(version, '-v, --version')
    .option(
      '-C, --config <file>',
      'configuration (else $WATTLINE_CONFIG, ./bridge.yml, /etc/wattline/bridge.yml)',
    )
    .option('--debug', 'say everything')
    .option('--quiet', 'say only what a person must act on')
    // A word that is no command: explained below, better than as one argument too many.
    .allowExcessArguments(true);
  const everywhere = (json = false): Everywhere => {
    const { config, debug, quiet } = program.opts();
    return {
      ...(config === undefined ? {} : { config }),
      level: debug ? 'debug' : quiet ? 'error' : 'info',
      json,
    };
  };
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
  program.action(() => {
    const [word] = program.args;
    if (word === undefined) throw new UsageError(missingCommand(program));
    const known = program.commands.map((command) => command.name());
    throw new UsageError(
      `unknown command '${word}'${didYouMean(word, known)}; commands: ${known.join(', ')}`,
    );
  });
  return program;
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
