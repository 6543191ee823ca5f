// One event stream that is opened again, soon and for ever, when it breaks. The browser's own pause of several seconds
// would be too long for a page that says what is true now.

import type { EventViews } from '../../../src/web/api.ts';

export type EventName = keyof EventViews;
export type Take = { readonly [Name in EventName]: (view: EventViews[Name]) => void };

export interface Stream {
  readonly open: () => void;
  readonly close: () => void;
  /** Breaks it off and tries again after a pause; does nothing when it is closed. */
  readonly again: () => void;
  /** The same for a stream or an attempt that is at least that old; one that waits for its next try goes on waiting. */
  readonly againIfOlder: (ms: number) => void;
}

interface StreamParts {
  readonly take: Take;
  /** The stream stands; `signal` aborts when it breaks or is closed. */
  readonly stands: (signal: AbortSignal) => void;
  /** It broke, or could not be opened; it is tried again. */
  readonly failed: () => void;
  /** ms, monotonic. */
  readonly local: () => number;
}

const retryMs = 1000;

export function createStream({ take, stands, failed, local }: StreamParts): Stream {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let abort = new AbortController();
  let wanted = false;
  let openedAt = local();

  const drop = (): void => {
    clearTimeout(retry);
    source?.close();
    source = undefined;
    abort.abort();
  };
  const again = (): void => {
    drop();
    if (wanted) retry = setTimeout(open, retryMs);
  };
  function open(): void {
    drop();
    wanted = true;
    openedAt = local();
    abort = new AbortController();
    source = new EventSource('api/events');
    source.onopen = () => stands(abort.signal);
    source.onerror = () => {
      again();
      failed();
    };
    listen(source, 'heartbeat', take.heartbeat);
    listen(source, 'reading', take.reading);
    listen(source, 'state', take.state);
    listen(source, 'alarm', take.alarm);
  }
  const close = (): void => {
    wanted = false;
    drop();
  };
  const againIfOlder = (ms: number): void => {
    if (source !== undefined && local() - openedAt >= ms) again();
  };
  return { open, close, again, againIfOlder };
}

function listen<Name extends EventName>(source: EventSource, name: Name, take: Take[Name]): void {
  source.addEventListener(name, (event: MessageEvent<string>) => {
    const view: EventViews[Name] = JSON.parse(event.data);
    take(view);
  });
}
