// The composition root: reads the command line and builds what a command needs. A command is loaded when it is asked for,
// so that a round of `once` starts fast.

import { type Beginning, beginProgram, type ExitCode, exitCodes } from '@wattline/program';
import manifest from '../package.json' with { type: 'json' };
import { type Invocation, parseCommandLine } from './command-line.ts';
import type { Surround } from './surround.ts';

export const startProgram = (host: NodeJS.Process): Promise<void> =>
  beginProgram(host, async ({ words, openLog, ...beginning }: Beginning) => {
    const invocation = parseCommandLine(words, manifest.version);
    const log = openLog(invocation.level);
    return execute(invocation, host, { ...beginning, log, version: manifest.version });
  });

async function execute(invocation: Invocation, host: NodeJS.Process, surround: Surround): Promise<ExitCode> {
  const { terminal } = surround;
  switch (invocation.command) {
    case 'print':
      terminal.printLine(invocation.text);
      return exitCodes.done;
    case 'decode': {
      const { decodeLines, decodeOnce } = await import('./commands/decode.ts');
      const { definition, bytes, lines } = invocation;
      if (lines) return decodeLines(host.stdin, terminal.printLine, surround.signal);
      return decodeOnce(terminal, definition, bytes, invocation);
    }
    case 'devices': {
      const { listDevices } = await import('./commands/devices.ts');
      listDevices(terminal, invocation.json);
      return exitCodes.done;
    }
    case 'victron-keys': {
      const { showVictronKeys } = await import('./commands/victron-keys.ts');
      return showVictronKeys(terminal, invocation.file, invocation.json);
    }
    case 'outbox': {
      const { showWaiting } = await import('./configured.ts');
      return showWaiting(invocation.config, invocation.json, surround);
    }
    case 'scan': {
      const { scanAround } = await import('./configured.ts');
      return scanAround(invocation, surround);
    }
    default: {
      const { executeConfigured } = await import('./configured.ts');
      return executeConfigured(invocation, surround);
    }
  }
}
