// A chart's points in rows, for readers who want numbers or cannot see the picture; made only when it is opened.

import { useState } from 'preact/hooks';
import type { Drawn } from '../chart/gaps.ts';
import { useTimes, useWords } from '../page-context.ts';

interface PointsTableProps {
  /** What the picture beside it is called. */
  readonly label: string;
  readonly drawn: Drawn;
  readonly show: (value: number) => string;
}

/** Without a mouse a box scrolls only while it has the focus. */
const reachable = { tabIndex: 0 };

export function PointsTable({ label, drawn, show }: PointsTableProps) {
  const { say } = useWords();
  const times = useTimes();
  const [open, setOpen] = useState(false);
  const cell = (value: number | null | undefined) =>
    typeof value === 'number' ? show(value) : say('no_reading');
  return (
    <details class="points" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say('as_table')}</summary>
      {open ? (
        <section class="rows" aria-label={label} {...reachable}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('time')}</th>
                <th scope="col">{say('mean')}</th>
                <th scope="col">{say('lowest')}</th>
                <th scope="col">{say('highest')}</th>
              </tr>
            </thead>
            <tbody>
              {drawn.times.map((time, index) => (
                <tr key={time}>
                  <th scope="row">{times.dayAndClock(time)}</th>
                  <td>{cell(drawn.means[index])}</td>
                  <td>{cell(drawn.lows[index])}</td>
                  <td>{cell(drawn.highs[index])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </details>
  );
}
