import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { hasPrograms } from '../../simulator/src/services/needs.ts';
import { createNotify } from '../src/index.ts';
import { scratchFolder } from './scratch-folder.ts';

/** Prints what it receives, and lets go of the descriptor that comes with it: that is how systemd says it has read. */
const receiver =
  '$|=1; socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die; print "$text\\n" while defined recv(S, $text, 65536, 0)';

/** A service manager's socket; `received` resolves when the text has come. */
async function startManager() {
  const socket = `${scratchFolder()}/notify`;
  const manager: ChildProcess = spawn('perl', ['-MSocket', '-e', receiver, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void manager.kill());
  while (!existsSync(socket)) await wait(5);
  let text = '';
  const output = manager.stdout;
  output?.on('data', (chunk) => (text += chunk));
  const received = async (wanted: string): Promise<string> => {
    while (output !== null && !text.includes(wanted)) await once(output, 'data');
    return text;
  };
  return { socket, received };
}

const refuseWarnings = { warn: (text: string) => expect.fail(text) };

test.skipIf(!hasPrograms({ 'systemd-notify': 'systemd', perl: 'perl-base' }, process.env))(
  'systemd is told in order how the service is',
  async () => {
    const { socket, received } = await startManager();
    const environment = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '60000000' };
    const notify = createNotify({ environment, log: refuseWarnings });
    expect(notify.aliveEveryMs).toBe(30_000);
    const sent = [
      notify.ready('reads 2 devices'),
      notify.status('forged\nREADY=0'),
      notify.alive(),
      notify.stopping(),
    ];
    await Promise.all(sent);
    const told = (await received('STOPPING=1')).split('\n').filter(Boolean);
    // Between two messages the first is known to have been read.
    const read = 'BARRIER=1';
    expect(told.slice(0, 8)).toEqual([
      'READY=1',
      'STATUS=reads 2 devices',
      read,
      'STATUS=forged\\x0aREADY=0',
      read,
      'WATCHDOG=1',
      read,
      'STOPPING=1',
    ]);
  },
);

test('without a service manager nothing is started', async () => {
  const notify = createNotify({ environment: {}, log: refuseWarnings });
  await notify.ready('x');
  expect(notify.aliveEveryMs).toBeUndefined();
});

test('a manager that cannot be told is said once', async () => {
  const warnings: string[] = [];
  const notify = createNotify({
    environment: { NOTIFY_SOCKET: '/nowhere/notify', PATH: '/nowhere' },
    log: { warn: (text) => warnings.push(text) },
  });
  await notify.ready('x');
  await notify.alive();
  expect(warnings).toEqual(['systemd is not told how the service is']);
});
