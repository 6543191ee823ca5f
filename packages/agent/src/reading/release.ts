// Leaves a device that is connected to by Bluetooth to others while it is asked to: it takes one connection, and a phone app
// wants its turn.

import type { UntilCommand } from '../delivery/until-commands.ts';
import { type AskOptions, ask } from './ask.ts';
import { mediumOf } from './device.ts';

export interface ReleasedOptions extends AskOptions {
  readonly release?: Pick<UntilCommand, 'untilMs' | 'onChange'>;
}

export async function askUnlessReleased(options: ReleasedOptions): Promise<void> {
  const { device, release, signal } = options;
  const medium = mediumOf(device);
  if (release === undefined || (medium !== 'gatt' && medium !== 'gatt-values')) return ask(options);
  let changed = Promise.withResolvers<void>();
  let asking = new AbortController();
  const look = (): void => {
    if (release.untilMs() !== undefined) asking.abort();
    changed.resolve();
    changed = Promise.withResolvers();
  };
  release.onChange(look);
  signal.addEventListener('abort', look);
  while (!signal.aborted) {
    if (release.untilMs() !== undefined) {
      await changed.promise;
      continue;
    }
    asking = new AbortController();
    await ask({ ...options, signal: AbortSignal.any([signal, asking.signal]) });
  }
}
