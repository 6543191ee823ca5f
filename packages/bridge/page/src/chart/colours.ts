// The colours of a chart: the tokens of the style sheet, read when a chart is drawn and again when the theme changes.

import { useLayoutEffect, useReducer } from 'preact/hooks';
import type { Hue } from '../format/subject.ts';

export interface Colours {
  readonly line: (hue: Hue) => string;
  readonly fill: (hue: Hue) => string;
  readonly ink: string;
  readonly second: string;
  readonly third: string;
  readonly axis: string;
  readonly axisZero: string;
  readonly surface: string;
  readonly font: string;
}

const lineTokens: { readonly [hue in Hue]: string } = {
  sun: '--solar-ln',
  battery: '--batt',
  load: '--load',
  grid: '--grid',
  plain: '--ink-2',
};
const fillTokens: { readonly [hue in Hue]: string } = { ...lineTokens, sun: '--solar' };

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    line: (hue) => token(lineTokens[hue]),
    fill: (hue) => token(fillTokens[hue]),
    ink: token('--ink'),
    second: token('--ink-2'),
    third: token('--ink-3'),
    axis: token('--line'),
    axisZero: token('--line-2'),
    surface: token('--surface'),
    // uPlot reads whole pixels only.
    font: `12px ${token('--font')}`,
  };
}

/** The same colour, let through to a share of 0 to 1; `colour` as #rrggbb. */
export const faded = (colour: string, share: number): string =>
  `${colour}${Math.round(share * 255)
    .toString(16)
    .padStart(2, '0')}`;

/** Draws the caller again when the reader's theme or the density of the screen changes. */
export function useTheme(): string {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  useLayoutEffect(() => {
    const change = () => redraw(undefined);
    dark.addEventListener('change', change);
    return () => dark.removeEventListener('change', change);
  }, []);
  return dark.matches ? 'dark' : 'light';
}
