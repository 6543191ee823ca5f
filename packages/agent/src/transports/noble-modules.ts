// The way into noble's own modules. noble asks the package bluetooth-hci-socket for the class of its socket; here that
// question is answered with the class given as the option `hciDriver`, so that one HCI code runs over every controller.
// Loaded when Bluetooth is needed and not before: noble and its native part cost start-up time.

import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { TransportError } from '../transport.ts';

const socketPackage = '@stoprocent/bluetooth-hci-socket';
const require = createRequire(import.meta.url);
let fromNoble: NodeJS.Require | undefined;

/**
 * Loads a module as noble's own code would; what it exports is the caller's word.
 *
 * @throws TransportError when the packages are not installed, or not for this kind of machine
 */
export function requireFromNoble<Exports>(id: string): Exports {
  try {
    fromNoble ??= prepare();
    const exports: Exports = fromNoble(id);
    return exports;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.split('\n')[0];
    throw new TransportError(
      'unusable',
      `the Bluetooth library does not load (${reason}): install the optional dependencies too, and for ${process.platform}-${process.arch}`,
    );
  }
}

function prepare(): NodeJS.Require {
  const here = createRequire(require.resolve('@stoprocent/noble/package.json'));
  standIn(here, socketPackage, { loadDriver: (driver: unknown) => driver });
  return here;
}

/** Whoever asks for the package gets `exports`. */
function standIn(here: NodeJS.Require, name: string, exports: unknown): void {
  const id = here.resolve(name);
  const stand = new Module(id);
  stand.filename = id;
  stand.loaded = true;
  stand.exports = exports;
  here.cache[id] = stand;
}

/** The package of the same name as ours that users of other programs know; it must be compiled, and only hears. */
const otherFork = '@abandonware/noble';
/** Where npm puts what is installed with `--global`. */
const globalFolders = ['/usr/local/lib', '/usr/lib', join(dirname(process.execPath), '../lib')];
let nextSocket: object | undefined;

/**
 * The HCI class of the other fork, whose constructor asks its own package for the socket and takes no option for it.
 * @param folders where it may be installed
 * @throws TransportError when the user has not installed it
 */
export function otherHci<Hci extends object>(
  socket: object,
  folders: readonly string[] = globalFolders,
): Hci {
  let here: NodeJS.Require;
  try {
    here = createRequire(require.resolve(`${otherFork}/package.json`, { paths: [...folders] }));
  } catch {
    throw new TransportError(
      'unusable',
      `bluetooth.library: ${otherFork} is not installed: "sudo npm install --global ${otherFork}", or take library: stoprocent`,
    );
  }
  standIn(here, '@abandonware/bluetooth-hci-socket', function socketOf() {
    return nextSocket;
  });
  nextSocket = socket;
  const Hci = here(`${dirname(here.resolve(`${otherFork}/package.json`))}/lib/hci-socket/hci.js`);
  // It reads this option the wrong way round, and polls an adapter that nobody else brings up.
  return Object.assign(new Hci({ extended: false }), { _userChannel: true });
}
