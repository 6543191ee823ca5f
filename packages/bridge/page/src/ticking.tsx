// Text that changes as time goes by: written past the drawing, and only when it reads differently.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { usePage, useTick, useTimes, useWords } from './page-context.ts';
import type { Key } from './words/words.ts';

interface TickingProps {
  readonly text: () => string;
  readonly class?: string | undefined;
}

export function Ticking({ text, class: name }: TickingProps) {
  const element = useRef<HTMLSpanElement>(null);
  const write = (): void => {
    const now = text();
    if (element.current && element.current.textContent !== now) element.current.textContent = now;
  };
  useLayoutEffect(write);
  useTick(write);
  return <span ref={element} class={name} />;
}

interface AgeProps {
  /** Time of measuring. */
  readonly time: number;
  /** The clock that measured was not set: the age is only about right. */
  readonly about?: boolean;
  readonly class?: string;
}

/** "8 s ago", counted from the measuring by the bridge's clock. */
export function Age({ time, about = false, class: name = 'age' }: AgeProps) {
  const { clock } = usePage();
  const { say, age } = useWords();
  return (
    <Ticking class={name} text={() => say(about ? 'about_ago' : 'ago', age((clock.now() - time) / 1000))} />
  );
}

/** The age without words, for a column that is headed "age". */
export function BareAge({ time }: { readonly time: number }) {
  const { clock } = usePage();
  const { age } = useWords();
  return <Ticking class="age" text={() => age((clock.now() - time) / 1000)} />;
}

interface MomentProps {
  readonly say: Key;
  readonly time: number;
  readonly class?: string;
}

/** "since 11:52": with its date as soon as that is another day, also where nothing else is drawn again. */
export function Moment({ say: key, time, class: name }: MomentProps) {
  const { clock } = usePage();
  const { say } = useWords();
  const times = useTimes();
  return <Ticking class={name} text={() => say(key, times.moment(time, clock.now()))} />;
}
