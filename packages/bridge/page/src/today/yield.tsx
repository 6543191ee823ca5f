// What the sun gave today, beside the same day a year ago.

import { inline, showNumber } from '../format/value.ts';
import { useKnown, useWords } from '../page-context.ts';
import { ShownValue } from '../shown.tsx';

/** In the card of the day. */
export function Yield() {
  const words = useWords();
  const energy = useKnown(({ site }) => site?.energy_today);
  return (
    <div class="stat sun">
      <div class="k">{words.say('yield')}</div>
      <div class="v">
        {typeof energy === 'number' ? (
          <ShownValue shown={showNumber(words, energy, 'Wh')} />
        ) : (
          <span class="dim">{words.say('unknown')}</span>
        )}
      </div>
      <div class="d">{useLastYear()}</div>
    </div>
  );
}

/** One line under the flows of a kiosk, where there is no card of the day. */
export function YieldLine() {
  const words = useWords();
  const energy = useKnown(({ site }) => site?.energy_today);
  return (
    <div class="today-mini">
      <span>
        {words.say('yield')}{' '}
        <b>
          {typeof energy === 'number' ? (
            <ShownValue shown={showNumber(words, energy, 'Wh')} />
          ) : (
            words.say('unknown')
          )}
        </b>
      </span>
      <span class="push">{useLastYear()}</span>
    </div>
  );
}

function useLastYear(): string {
  const words = useWords();
  const energy = useKnown(({ site }) => site?.energy_same_day_last_year);
  if (energy === undefined) return '';
  if (energy === null) return words.say('no_last_year');
  return words.say('same_day_last_year', inline(showNumber(words, energy, 'Wh')));
}
