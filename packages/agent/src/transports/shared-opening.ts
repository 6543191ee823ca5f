// What several use at the same time and only one may open: opened for the first, closed with the last. Once lost it is
// closed at once, and opened anew for the next.

import { orAborted } from './or-aborted.ts';

export interface SharedOpening<Opened> {
  /** @throws what opening throws; the signal's reason when it aborts */
  enter(signal: AbortSignal): Promise<Entered<Opened>>;
}

export interface Entered<Opened> {
  readonly opened: Opened;
  /** May be called again. */
  leave(): Promise<void>;
}

interface Ways<Opened> {
  /** The signal aborts when nobody waits for it any more. */
  readonly open: (signal: AbortSignal) => Promise<Opened>;
  /** Rejects when it is lost. */
  readonly gone: (opened: Opened) => Promise<never>;
  readonly close: (opened: Opened) => Promise<void>;
}

interface Tenancy<Opened> {
  users: number;
  readonly opening: Promise<Opened>;
  readonly abandoned: AbortController;
  closing?: Promise<void>;
}

export function createSharedOpening<Opened>({ open, gone, close }: Ways<Opened>): SharedOpening<Opened> {
  let current: Tenancy<Opened> | undefined;
  let closed: Promise<void> = Promise.resolve();

  const end = (tenancy: Tenancy<Opened>): Promise<void> => {
    if (current === tenancy) current = undefined;
    if (tenancy.closing === undefined) {
      tenancy.closing = tenancy.opening.then(close, () => {});
      closed = tenancy.closing.catch(() => {});
    }
    return tenancy.closing;
  };
  const begin = (): Tenancy<Opened> => {
    const abandoned = new AbortController();
    // Not before the last one is closed: to the system it would be a second program.
    const opening = closed.then(() => open(abandoned.signal));
    const tenancy: Tenancy<Opened> = { users: 0, opening, abandoned };
    const over = (): void => void end(tenancy).catch(() => {});
    opening.then((opened) => gone(opened).catch(over), over);
    return tenancy;
  };
  const leave = async (tenancy: Tenancy<Opened>): Promise<void> => {
    if (--tenancy.users > 0) return;
    tenancy.abandoned.abort(new Error('nobody waits for it any more'));
    await end(tenancy);
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      current ??= begin();
      const tenancy = current;
      tenancy.users++;
      let left: Promise<void> | undefined;
      try {
        const opened = await orAborted(tenancy.opening, signal);
        return {
          opened,
          leave() {
            left ??= leave(tenancy);
            return left;
          },
        };
      } catch (error) {
        await leave(tenancy);
        throw error;
      }
    },
  };
}
