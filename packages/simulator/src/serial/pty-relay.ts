// A pseudo terminal needs system calls that Node does not have: a small program makes it and carries bytes between the
// terminal and its own standard input and output. Each says a line on standard error when the terminal can be opened.

/** How a program is started so that `link` becomes a terminal's path. */
export interface PtyProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The line on standard error that says the terminal is there. */
  readonly ready: RegExp;
}

/** Like a wire: what is sent while nobody has the port open, or reads it, is lost. */
const python = `
import os, select, sys, time, tty
master, slave = os.openpty()
tty.setraw(slave)
os.symlink(os.ttyname(slave), sys.argv[1])
os.close(slave)
os.set_blocking(master, False)
poll = select.poll()
poll.register(master, select.POLLIN)
poll.register(0, select.POLLIN)
sys.stderr.write("ready\\n")
sys.stderr.flush()
while True:
    events = dict(poll.poll())
    closed = bool(events.get(master, 0) & select.POLLHUP)
    if events.get(master, 0) & select.POLLIN:
        try:
            os.write(1, os.read(master, 4096))
        except OSError:
            pass
    if 0 in events:
        data = os.read(0, 65536)
        if not data:
            break
        if not closed:
            try:
                os.write(master, data)
            except BlockingIOError:
                pass
    elif closed:
        time.sleep(0.02)
`;

/** In the order of preference; socat keeps up to some kilobytes for whoever opens the port later. */
export const ptyPrograms = (link: string): readonly PtyProgram[] => [
  { command: 'python3', args: ['-u', '-c', python, link], ready: /ready/ },
  {
    command: 'socat',
    args: ['-d', '-d', `pty,raw,echo=0,link=${link}`, '-'],
    ready: /starting data transfer/,
  },
];
