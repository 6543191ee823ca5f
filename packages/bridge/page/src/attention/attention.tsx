// What needs somebody: the worst first, each leading to its device.

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { AlarmView } from '../../../src/web/api.ts';
import { Icon, type IconName } from '../icon.tsx';
import { useKnown, usePage, useWords } from '../page-context.ts';
import { deviceAddress } from '../route.ts';
import { Moment } from '../ticking.tsx';
import type { Words } from '../words/words.ts';

const worst: readonly AlarmView['level'][] = ['lost', 'alarm', 'late', 'warning'];
const icons: { readonly [level in AlarmView['level']]: IconName } = {
  lost: 'lost',
  alarm: 'warning',
  late: 'late',
  warning: 'warning',
};
const shownMax = 4;

const worstFirst = (alarms: readonly AlarmView[]): AlarmView[] =>
  [...alarms].sort((a, b) => worst.indexOf(a.level) - worst.indexOf(b.level) || b.since - a.since);

export function Attention() {
  const { say } = useWords();
  const { kiosk } = usePage();
  const alarms = useKnown((known) => known.alarms);
  const loaded = useKnown((known) => known.loaded);
  const active = useMemo(() => worstFirst(alarms), [alarms]);
  const [all, setAll] = useState(false);
  const shown = all ? active : active.slice(0, active.length > shownMax ? shownMax - 1 : shownMax);
  return (
    <section class={active.length === 0 ? 'card att none' : 'card att'} aria-labelledby="h-att">
      <header>
        <h2 id="h-att">{say('attention')}</h2>
        {active.length > 0 ? <span class="count">{active.length}</span> : null}
      </header>
      {active.length === 0 ? <p class="allwell">{loaded ? say('all_well') : ''}</p> : null}
      <ul aria-live="polite">
        {shown.map((alarm) => (
          <Item key={`${alarm.device} ${alarm.code} ${alarm.since}`} alarm={alarm}>
            {kiosk && active.length > 1 ? <span class="more">{say('more', active.length - 1)}</span> : null}
          </Item>
        ))}
      </ul>
      {!kiosk && shown.length < active.length ? (
        <button type="button" class="btn all" onClick={() => setAll(true)}>
          {say('show_all', active.length)}
        </button>
      ) : null}
    </section>
  );
}

function Item({ alarm, children }: { readonly alarm: AlarmView; readonly children: ComponentChildren }) {
  const words = useWords();
  const silent = alarm.level === 'lost' || alarm.level === 'late';
  return (
    <li class={alarm.level}>
      <a href={deviceAddress(alarm.device)}>
        <Icon name={icons[alarm.level]} />
        <b>{titleOf(words, alarm)}</b>
        <p>
          <Moment say={silent ? 'silent_since' : 'since'} time={alarm.since} />
        </p>
        {children}
      </a>
    </li>
  );
}

function titleOf({ say }: Words, { level, name, text }: AlarmView): string {
  if (level === 'lost') return say('is_lost', { name });
  if (level === 'late') return say('is_late', { name });
  return say('has_alarm', { name, text });
}
