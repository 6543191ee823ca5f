// A wall display goes home by itself: the next one who looks wants the overview, not what somebody tapped before.

import { useLayoutEffect } from 'preact/hooks';
import { usePage } from './page-context.ts';
import { overviewAddress, type Route } from './route.ts';

const homeAfterMs = 60_000;
const touches = ['pointerdown', 'keydown', 'wheel', 'scroll'] as const;

export function useKioskHome({ page }: Route): void {
  const { kiosk } = usePage();
  const isAway = kiosk && page !== 'overview';
  useLayoutEffect(() => {
    if (!isAway) return;
    const home = (): void => {
      location.hash = overviewAddress;
    };
    let timer = setTimeout(home, homeAfterMs);
    const stay = (): void => {
      clearTimeout(timer);
      timer = setTimeout(home, homeAfterMs);
    };
    const listening = new AbortController();
    for (const touch of touches) addEventListener(touch, stay, { passive: true, signal: listening.signal });
    return () => {
      clearTimeout(timer);
      listening.abort();
    };
  }, [isAway]);
}
