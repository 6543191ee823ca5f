// The socket of a service manager, as far as a test needs one: Node has no datagram sockets of this kind, Debian's perl has.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ServiceManager {
  /** Resolves when the service has said so. */
  readonly ready: Promise<void>;
  /** What the service has said so far, line by line. */
  readonly told: readonly string[];
  close(): Promise<void>;
}

/** Anybody may write to it, as to systemd's. */
const receiver = `
  $| = 1;
  umask 0;
  socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die $!;
  print "listening\\n";
  print "$text\\n" while defined recv(S, $text, 65536, 0);
`;

export async function openServiceManager(socket: string): Promise<ServiceManager> {
  const manager = spawn('perl', ['-MSocket', '-e', receiver, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(manager, 'exit');
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const told: string[] = [];
  const lines = createInterface({ input: manager.stdout });
  lines.on('line', (line) => {
    told.push(line);
    if (line === 'READY=1') resolve();
  });
  await once(lines, 'line');
  return {
    ready,
    told,
    async close() {
      manager.kill();
      await ended;
    },
  };
}
