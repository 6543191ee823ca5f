// The composition root: reads the command line and the configuration, and builds what a command needs.

import { beginProgram, type ExitCode, exitCodes } from '@wattline/program';
import manifest from '../package.json' with { type: 'json' };
import { type Invocation, parseCommandLine } from './command-line.ts';
import { loadBridgeConfiguration } from './config/load.ts';
import type { Surround } from './surround.ts';

export const startProgram = (host: NodeJS.Process): Promise<void> =>
  beginProgram(host, async ({ words, openLog, redactor, ...beginning }) => {
    const invocation = parseCommandLine(words, manifest.version);
    if (invocation.command === 'print') {
      beginning.terminal.printLine(invocation.text);
      return exitCodes.done;
    }
    const log = openLog(invocation.level);
    const { configuration, secrets, file } = loadBridgeConfiguration(
      invocation.config,
      beginning.surroundings,
    );
    for (const secret of secrets) redactor.hide(secret);
    if (invocation.command === 'run') log.info(`configuration: ${file ?? 'none, embedded defaults'}`);
    return execute(invocation, { ...beginning, redactor, configuration, log, version: manifest.version });
  });

async function execute(
  invocation: Exclude<Invocation, { command: 'print' }>,
  surround: Surround,
): Promise<ExitCode> {
  switch (invocation.command) {
    case 'run': {
      const { run } = await import('./commands/run.ts');
      return run(surround);
    }
    case 'check': {
      const { check } = await import('./commands/check.ts');
      return check(surround, invocation.json);
    }
    case 'status': {
      const { showStatus } = await import('./commands/status.ts');
      return showStatus(surround, invocation.json);
    }
    case 'user add':
    case 'user remove':
    case 'user list': {
      const { manageUsers } = await import('./commands/user.ts');
      return manageUsers(surround, invocation);
    }
    case 'export': {
      const { exportHistory } = await import('./commands/export.ts');
      return exportHistory(surround, invocation);
    }
    case 'replay': {
      const { replay } = await import('./commands/replay.ts');
      return replay(surround, invocation);
    }
    case 'backup': {
      const { backUp } = await import('./commands/backup.ts');
      return backUp(surround, invocation);
    }
    case 'device': {
      const { changeDevice } = await import('./commands/device.ts');
      return changeDevice(surround, invocation);
    }
    case 'dashboards': {
      const { writeDashboards } = await import('./commands/dashboards.ts');
      return writeDashboards(surround, invocation);
    }
    case 'report': {
      const { report } = await import('./commands/report.ts');
      return report(surround, invocation.file);
    }
    case 'readmit': {
      const { readmit } = await import('./commands/readmit.ts');
      return readmit(surround, invocation.json);
    }
    case 'restore': {
      const { restore } = await import('./commands/restore.ts');
      return restore(surround, invocation.file);
    }
  }
}
