// Builds the page's parts and joins them; the only place that reads the browser's surroundings.

import { render } from 'preact';
import { App } from './app.tsx';
import { createKeys } from './keys.ts';
import { createApi } from './live/api.ts';
import { createSeriesCache } from './live/series-cache.ts';
import { createServerClock } from './live/server-clock.ts';
import { createSession } from './live/session.ts';
import { createStore } from './live/store.ts';
import { createTicker } from './live/ticker.ts';
import { PageProvider } from './page-context.ts';
import { speak } from './words/languages.ts';
import { wordsIn } from './words/words.ts';

const options = new URLSearchParams(location.search);
const local = (): number => performance.timeOrigin + performance.now();

const words = wordsIn(await speak([...options.getAll('lang'), ...navigator.languages]));
const api = createApi();
const store = createStore();
const clock = createServerClock(local);
const ticker = createTicker();
const series = createSeriesCache(api, local);
const session = createSession({ api, store, clock, ticker, local, wallClock: Date.now });
const keys = createKeys(window, storage());
const kiosk = options.has('kiosk');

document.documentElement.lang = words.language;
document.documentElement.classList.toggle('kiosk', kiosk);

// A hidden page asks for nothing: no stream, no timer.
const follow = (): void => (document.hidden ? session.stop() : session.start());
document.addEventListener('visibilitychange', follow);

const host = document.querySelector('#page');
if (host) {
  render(
    <PageProvider
      value={{ api, renew: session.renew, keys, store, clock, ticker, series, words, local, kiosk }}
    >
      <App />
    </PageProvider>,
    host,
  );
}
follow();

/** What the reader switched off is remembered where the browser allows it. */
function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  try {
    return localStorage;
  } catch {
    return { getItem: () => null, setItem: () => {} };
  }
}
