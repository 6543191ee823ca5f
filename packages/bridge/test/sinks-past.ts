// A store in which no device ever changed.

import type { Past } from '../src/sinks/remake.ts';

export const unchanged: Past = {
  holder: () => undefined,
  namesake: () => undefined,
  readings: () => [],
  rawFromMs: () => 0,
  showWindows: () => undefined,
};
