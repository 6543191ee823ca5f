// What stays the same about a device, and the alarms it has had.

import { useLayoutEffect, useState } from 'preact/hooks';
import type { AlarmView, DeviceView } from '../../../src/web/api.ts';
import { useKnown, usePage, useTimes, useWords } from '../page-context.ts';
import { Ticking } from '../ticking.tsx';
import type { Key } from '../words/words.ts';

export function Facts({ device }: { readonly device: DeviceView }) {
  const { say, number } = useWords();
  const { signal_strength: signal } = device;
  const rows: readonly (readonly [Key, string | undefined, 'mono'?])[] = [
    ['name', device.name, 'mono'],
    ['kind', device.kind_label],
    ['model', device.model],
    ['definition', device.definition, 'mono'],
    ['topic', device.topic, 'mono'],
    ['agent', device.agent, 'mono'],
    ['site', device.site],
    ['link', signal === undefined ? undefined : `${number(signal, { least: 0, most: 0 })}\u00a0dBm`],
    ['clock', say(device.clock === 'synced' ? 'clock_synced' : 'clock_unsynced')],
  ];
  return (
    <section class="card" aria-labelledby="h-facts">
      <header>
        <h2 id="h-facts">{say('facts')}</h2>
      </header>
      <dl class="facts">
        {rows.map(([title, text, style]) =>
          text === undefined ? null : (
            <>
              <dt>{say(title)}</dt>
              <dd class={style}>{text}</dd>
            </>
          ),
        )}
      </dl>
      {device.shared_topic ? <p class="note">{say('shared_topic')}</p> : null}
    </section>
  );
}

const yearMs = 365 * 24 * 3600_000;
const shownMax = 12;

export function AlarmHistory({ device }: { readonly device: DeviceView }) {
  const { say, span } = useWords();
  const { clock } = usePage();
  const times = useTimes();
  const alarms = useAlarms(device.id);
  if (alarms === undefined) return null;
  return (
    <section class="card" aria-labelledby="h-al">
      <header>
        <h2 id="h-al">{say('alarm_history')}</h2>
      </header>
      {alarms.length === 0 ? <p class="note">{say('no_alarms')}</p> : null}
      <table class="hist">
        <tbody>
          {alarms.slice(0, shownMax).map(({ code, since, until, text }) => (
            <tr key={`${code} ${since}`}>
              <td>
                <Ticking text={() => times.moment(since, clock.now())} />
              </td>
              <td>{text}</td>
              <td>{until === null ? say('ongoing') : span(Math.round((until - since) / 1000))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Read when the page is opened and again when the site's alarms change. */
function useAlarms(device: string): readonly AlarmView[] | undefined {
  const { api, clock } = usePage();
  const live = useKnown((known) => known.alarms);
  const [alarms, setAlarms] = useState<readonly AlarmView[]>();
  useLayoutEffect(() => {
    const abort = new AbortController();
    const now = clock.now();
    api
      .alarms(now - yearMs, now, abort.signal)
      .then((answer) => setAlarms(answer.alarms.filter((alarm) => alarm.device === device)))
      // Without its past the page still tells what goes on now.
      .catch(() => {});
    return () => abort.abort();
  }, [device, live]);
  return alarms;
}
