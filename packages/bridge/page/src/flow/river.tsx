// The watt line: ribbons from what supplies to what uses, each as wide as its watts.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Node } from '../device/sight.ts';
import { type Share, supplyOf, type Watts } from './shares.ts';

interface RiverProps {
  readonly watts: readonly Watts[];
  readonly shares: readonly Share[];
}

interface Place {
  readonly width: number;
  readonly height: number;
  /** Left edge of each node's column. */
  readonly columns: ReadonlyMap<Node, number>;
}

export interface Ribbon extends Share {
  readonly path: string;
  readonly arrow: string;
  readonly width: number;
  /** Where the colour turns from the source's to the target's. */
  readonly turn: readonly [number, number];
  readonly chevrons: readonly string[];
}

const top = 4;
const radius = 14;
const legInset = 10;
const arrowHeight = 8;
const thinnest = 3;

export function River({ watts, shares }: RiverProps) {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>();
  const nodes = watts.map(({ node }) => node).join();
  useLayoutEffect(() => {
    const river = element.current;
    if (!river) return;
    const measure = () => setPlace(placeOf(river));
    const observer = new ResizeObserver(measure);
    observer.observe(river);
    measure();
    return () => observer.disconnect();
  }, [nodes]);
  return (
    <div class="river" ref={element}>
      {place && place.width > 0 ? <Drawing watts={watts} shares={shares} place={place} /> : null}
    </div>
  );
}

function placeOf(river: HTMLElement): Place {
  const columns = new Map<Node, number>();
  const left = river.getBoundingClientRect().left;
  for (const node of ['sun', 'battery', 'load', 'grid'] as const) {
    const column = river.parentElement?.querySelector(`.nodes > .${node}`);
    if (column) columns.set(node, column.getBoundingClientRect().left - left);
  }
  return { width: river.clientWidth, height: river.clientHeight, columns };
}

function Drawing({ watts, shares, place }: RiverProps & { readonly place: Place }) {
  const { width, height, columns } = place;
  const bed = Math.round(top + height * 0.48) + 0.5;
  const drawn = ribbonsOf(shares, supplyOf(watts), place);
  const idle = watts.filter(
    ({ node, value }) => value !== null && !shares.some((s) => s.from === node || s.to === node),
  );
  return (
    <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <line class="ax" x1="0" x2={width} y1={bed} y2={bed} />
      {idle.map(({ node }) => {
        const x = (columns.get(node) ?? 0) + legInset + 2;
        return <line key={node} class="idle" x1={x} x2={x} y1={bed} y2={height - arrowHeight} />;
      })}
      {drawn.map((ribbon, index) => (
        <g key={`${ribbon.from} ${ribbon.to}`} data-from={ribbon.from} data-to={ribbon.to}>
          <linearGradient
            id={`g${index}`}
            gradientUnits="userSpaceOnUse"
            x1={ribbon.turn[0]}
            x2={ribbon.turn[1]}
            y1="0"
            y2="0"
          >
            <stop offset="0" class={`stop ${ribbon.from}`} />
            <stop offset="1" class={`stop ${ribbon.to}`} />
          </linearGradient>
          <path
            class="fl"
            stroke={`url(#g${index})`}
            stroke-width={ribbon.width.toFixed(1)}
            d={ribbon.path}
          />
          <path class={`arrow ${ribbon.to}`} d={ribbon.arrow} />
          {ribbon.chevrons.map((chevron) => (
            <path key={chevron} class="chev" d={chevron} />
          ))}
        </g>
      ))}
    </svg>
  );
}

/** Ribbons one under the other; the farthest target on top, so that those of one source do not cross. */
export function ribbonsOf(shares: readonly Share[], supply: number, { height, columns }: Place): Ribbon[] {
  const full = height * 0.48;
  const order = [...columns.keys()];
  const far = ({ from, to }: Share) => order.indexOf(to) * 10 - order.indexOf(from);
  const legs = new Map<Node, number>();
  const sorted = [...shares].sort((a, b) => far(b) - far(a));
  const widths = sorted.map(({ watts }) => Math.max(thinnest, (watts / supply) * full));
  // Of the ribbons that end in one node the lowest ends nearest to where all come from.
  const legX = new Map<Share, number>();
  for (const [index, share] of [...sorted.entries()].reverse()) {
    const width = widths[index] ?? 0;
    const used = legs.get(share.to) ?? 0;
    legX.set(share, (columns.get(share.to) ?? 0) + legInset + used + width / 2);
    legs.set(share.to, used + width + 6);
  }
  let y = top;
  return sorted.map((share, index) => {
    const width = widths[index] ?? 0;
    const ribbon = ribbonOf(
      share,
      { width, y: y + width / 2, end: legX.get(share) ?? 0 },
      height,
      columns,
      order[0],
    );
    y += width;
    return ribbon;
  });
}

function ribbonOf(
  share: Share,
  { width, y, end }: { width: number; y: number; end: number },
  height: number,
  columns: ReadonlyMap<Node, number>,
  first: Node | undefined,
): Ribbon {
  const start = columns.get(share.from) ?? 0;
  const bend = radius + width / 2;
  const way = end > start ? 1 : -1;
  // The first node lies at the edge: its ribbon begins flat there. All others rise from their column.
  const rises = share.from !== first;
  const rise = start + legInset + width / 2;
  const begin = rises ? rise + way * bend : 0;
  const head = rises ? `M${rise} ${height}V${y + bend}Q${rise} ${y} ${begin} ${y}` : `M0 ${y}`;
  const foot = height - arrowHeight;
  const flat = end - way * bend;
  const path = `${head}H${flat}Q${end} ${y} ${end} ${y + bend}V${foot + 1}`;
  const half = width / 2 + 4;
  const arrow = `M${end - half} ${foot}h${2 * half}l${-half} ${arrowHeight}z`;
  const size = Math.min(4, width / 3);
  const chevrons: string[] = [];
  for (let x = begin + way * 40; way * (flat - way * 24 - x) > 0; x += way * 64) {
    chevrons.push(`M${x} ${y - size}l${way * size} ${size}l${-way * size} ${size}`);
  }
  return { ...share, path, arrow, width, turn: [end - way * 70, end], chevrons };
}
