// The command line of both programs: words to one invocation, or what is wrong with them for the person who typed.
// It is not among what index.ts exports, so that commander is loaded only where words are read.

import { Command, CommanderError } from 'commander';
import { UsageError } from './exit.ts';
import type { LogLevel } from './log.ts';
import { didYouMean } from './settings/suggest.ts';

export type { Command } from 'commander';

/** What every command may be told. */
export interface Everywhere {
  readonly config?: string;
  readonly level: LogLevel;
  readonly json: boolean;
}

/** The text was asked for: help or version. */
interface Print extends Everywhere {
  readonly command: 'print';
  readonly text: string;
}

interface ProgramWords {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** Where a configuration is looked for when none is named. */
  readonly places: string;
}

/** A program with the options that stand for every command; it wants its commands and its action. */
export const createCommandLine = ({ name, description, version, places }: ProgramWords): Command =>
  new Command(name)
    .description(description)
    .version(version, '-v, --version')
    .option('-C, --config <file>', `configuration (else $WATTLINE_CONFIG, ${places})`)
    .option('--debug', 'say everything')
    .option('--quiet', 'say only what a person must act on')
    // A word that is no command: explained by `noCommand`, better than as one argument too many.
    .allowExcessArguments(true);

export function everywhereOf(program: Command, json = false): Everywhere {
  const { config, debug, quiet } = program.opts();
  return {
    ...(config === undefined ? {} : { config }),
    level: debug ? 'debug' : quiet ? 'error' : 'info',
    json,
  };
}

/** For the action of the program itself: there is no command, or a word that is none. */
export function noCommand(program: Command): UsageError {
  const known = program.commands.map((command) => command.name());
  const [word] = program.args;
  return new UsageError(
    word === undefined
      ? `a command is missing: ${known.join(', ')}; --help explains them`
      : `unknown command '${word}'${didYouMean(word, known)}; commands: ${known.join(', ')}`,
  );
}

/** Its commands and theirs. */
const below = (command: Command): Command[] =>
  command.commands.flatMap((each) => [each as Command, ...below(each as Command)]);

/**
 * @param build makes the program, whose actions hand over what was `found`
 * @throws UsageError in words for the person who typed
 */
export function parseWords<Invocation>(
  words: readonly string[],
  build: (found: (invocation: Invocation) => void) => Command,
): Invocation | Print {
  const printed: string[] = [];
  let invocation: Invocation | undefined;
  const program = build((parsed) => {
    invocation = parsed;
  });
  const all = [program, ...below(program)];
  for (const command of all) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => printed.push(text), writeErr: () => undefined });
  }
  for (const command of all) if (command.commands.length === 0) command.allowExcessArguments(false);
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ''));
  }
  if (printed.length > 0)
    return { command: 'print', text: printed.join('').trimEnd(), level: 'info', json: false };
  if (invocation === undefined) throw noCommand(program);
  return invocation;
}
