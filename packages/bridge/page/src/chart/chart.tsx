// A chart on the page: drawn when it has a size, again when its content, the theme or its size changes, never otherwise.

import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useTimes } from '../page-context.ts';
import { readColours, useTheme } from './colours.ts';
import { type Plot, plotData, plotOptions } from './plot.ts';

interface ChartProps {
  readonly plot: Plot;
  /** The sentence that says what the picture shows. */
  readonly label: string;
  readonly class?: string;
  /** Charts of one name share the cursor. */
  readonly together?: string;
  /** Time under the cursor, ms; `undefined` when it left. Without it the chart takes no cursor at all. */
  readonly onCursor?: (time: number | undefined) => void;
}

export function Chart({ plot, label, class: name = '', together, onCursor }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const times = useTimes();
  const theme = useTheme();
  const cursor = useRef(onCursor);
  cursor.current = onCursor;

  useLayoutEffect(() => {
    const host = element.current;
    if (!host) return;
    const draw = () => {
      chart.current?.destroy();
      chart.current = undefined;
      const place = { width: host.clientWidth, height: host.clientHeight };
      if (place.width === 0 || place.height === 0) return;
      const options = plotOptions(plot, place, readColours(), times);
      if (cursor.current) addCursor(options, together, (time) => cursor.current?.(time));
      else options.cursor = { show: false };
      chart.current = new uPlot(options, plotData(plot), host);
    };
    const observer = new ResizeObserver(draw);
    observer.observe(host);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [plot, theme, times, together]);

  const steer = (event: KeyboardEvent): void => {
    const drawn = chart.current;
    if (drawn && cursor.current && moveCursor(drawn, event.key)) event.preventDefault();
  };
  return (
    <div
      ref={element}
      class={`chart ${name}`}
      role="img"
      aria-label={label}
      {...(onCursor ? { tabIndex: 0, onKeyDown: steer } : {})}
    />
  );
}

function addCursor(
  options: uPlot.Options,
  together: string | undefined,
  tell: (time: number | undefined) => void,
): void {
  options.cursor = {
    ...options.cursor,
    ...(together === undefined ? {} : { sync: { key: together, scales: ['x', null] } }),
  };
  const followed = (drawn: uPlot): void => {
    const { idx, left = -1 } = drawn.cursor;
    const seconds = left < 0 || idx === null || idx === undefined ? undefined : drawn.data[0]?.[idx];
    tell(seconds === undefined ? undefined : seconds * 1000);
  };
  // Fingers: a tap or a drag over the chart moves the cursor.
  const touched = (drawn: uPlot): void => {
    drawn.over.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'mouse') {
        drawn.setCursor({ left: event.clientX - drawn.over.getBoundingClientRect().left, top: 1 });
      }
    });
  };
  options.hooks = { ...options.hooks, setCursor: [followed], ready: [touched] };
}

/** Arrow keys move by one point, Home and End to the ends, Escape leaves; true when the key was one of them. */
function moveCursor(drawn: uPlot, key: string): boolean {
  const x = drawn.data[0];
  const last = x.length - 1;
  const at = (drawn.cursor.left ?? -1) < 0 ? undefined : drawn.cursor.idx;
  const start = at ?? (key === 'ArrowLeft' ? last + 1 : -1);
  const next = { ArrowLeft: start - 1, ArrowRight: start + 1, Home: 0, End: last }[key];
  if (key === 'Escape') {
    drawn.setCursor({ left: -10, top: -10 });
    return true;
  }
  if (next === undefined || last < 0) return false;
  const seconds = x[Math.max(0, Math.min(last, next))];
  if (seconds === undefined) return false;
  drawn.setCursor({ left: drawn.valToPos(seconds, 'x'), top: 1 });
  return true;
}
