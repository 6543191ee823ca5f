// The way into noble's own modules. noble asks the package bluetooth-hci-socket for the class of its socket; here that
// question is answered with the class given as the option `hciDriver`, so that one HCI code runs over every controller.
// Loaded when Bluetooth is needed and not before: noble and its native part cost start-up time.

import { createRequire, Module } from 'node:module';
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
  const id = here.resolve(socketPackage);
  const stand = new Module(id);
  stand.filename = id;
  stand.loaded = true;
  stand.exports = { loadDriver: (driver: unknown) => driver };
  here.cache[id] = stand;
  return here;
}
