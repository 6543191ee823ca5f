// Single keys as shortcuts. They rest while somebody types or holds another key, and can be switched off.

export interface Keys {
  /** Returns how to stop listening. */
  readonly on: (take: (key: string) => void) => () => void;
  readonly areOn: () => boolean;
  readonly switch: (on: boolean) => void;
}

const stored = 'wattline keys';

export function createKeys(
  target: Pick<Window, 'addEventListener'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): Keys {
  const listeners = new Set<(key: string) => void>();
  let areOn = storage.getItem(stored) !== 'off';
  target.addEventListener('keydown', (event) => {
    const { key, target: typed } = event;
    const isTyping = typed instanceof HTMLElement && typed.matches('input, select, textarea');
    if (!areOn || isTyping || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented)
      return;
    for (const take of [...listeners]) take(key);
  });
  return {
    on: (take) => {
      listeners.add(take);
      return () => listeners.delete(take);
    },
    areOn: () => areOn,
    switch: (on) => {
      areOn = on;
      storage.setItem(stored, on ? 'on' : 'off');
    },
  };
}
