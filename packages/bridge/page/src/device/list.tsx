// The devices of the site: cards, the count by state, and folded away those that have been silent for a month.

import type { DeviceView } from '../../../src/web/api.ts';
import { useKnown, usePage, useWords } from '../page-context.ts';
import { devicesAddress } from '../route.ts';
import { DeviceCard } from './card.tsx';

const monthMs = 30 * 24 * 3600_000;
/** Tiles of a kiosk: two rows of four. */
const tilesMax = 8;

const states = ['fresh', 'sleeping', 'late', 'lost'] as const;
const counts = {
  fresh: 'count_fresh',
  sleeping: 'count_sleeping',
  late: 'count_late',
  lost: 'count_lost',
} as const;

export function DeviceList({ tiles }: { readonly tiles: boolean }) {
  const { clock } = usePage();
  const { say } = useWords();
  const silent = ({ time }: DeviceView) => clock.now() - time > monthMs;
  // Joined to one text: the list is drawn again when its order changes, not with each reading.
  const active = listed(useKnown(({ devices }) => joined([...devices.values()].filter((d) => !silent(d)))));
  const gone = listed(useKnown(({ devices }) => joined([...devices.values()].filter(silent))));
  return (
    <>
      {tiles ? (
        <h2 class="sr">{say('devices')}</h2>
      ) : (
        <div class="sec wide">
          <h2>{say('devices')}</h2>
          <Counts />
          <span class="push xs dim opt">{say('as_old_as')}</span>
        </div>
      )}
      {tiles ? <Tiles ids={active} /> : <Cards ids={active} />}
      {gone.length > 0 && !tiles ? (
        <details class="wide">
          <summary>{say('long_silent', gone.length)}</summary>
          <Cards ids={gone} />
        </details>
      ) : null}
    </>
  );
}

const separator = '\n';
const joined = (devices: readonly DeviceView[]): string => devices.map(({ id }) => id).join(separator);
const listed = (ids: string): string[] => (ids === '' ? [] : ids.split(separator));

function Cards({ ids }: { readonly ids: readonly string[] }) {
  return (
    <div class="devs wide">
      {ids.map((id) => (
        <DeviceCard key={id} id={id} />
      ))}
    </div>
  );
}

/** With more devices than tiles the lost and the late come first, and the last tile leads to the rest. */
function Tiles({ ids }: { readonly ids: readonly string[] }) {
  const { say } = useWords();
  const order = listed(
    useKnown(({ devices }) => {
      if (ids.length <= tilesMax) return ids.join(separator);
      const rank = (id: string) => -states.indexOf(devices.get(id)?.state ?? 'fresh');
      return [...ids].sort((a, b) => rank(a) - rank(b)).join(separator);
    }),
  );
  const shown = order.length > tilesMax ? order.slice(0, tilesMax - 1) : order;
  return (
    <div class="devs wide">
      {shown.map((id) => (
        <DeviceCard key={id} id={id} />
      ))}
      {shown.length < order.length ? (
        <a class="card dev rest" href={devicesAddress}>
          {say('more', order.length - shown.length)}
        </a>
      ) : null}
    </div>
  );
}

function Counts() {
  const { say, locale } = useWords();
  const text = useKnown(({ devices }) => {
    const parts = states.flatMap((state) => {
      const count = [...devices.values()].filter((device) => device.state === state).length;
      return count === 0 ? [] : [say(counts[state], count)];
    });
    return new Intl.ListFormat(locale, { type: 'unit' }).format(parts);
  });
  return <span class="s muted">{text}</span>;
}
