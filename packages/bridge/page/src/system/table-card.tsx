// A card with a table that becomes a list of cards on a phone: every cell carries the label of its column.

import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../icon.tsx';
import { useWords } from '../page-context.ts';
import { type Key, whole } from '../words/words.ts';

interface CardProps {
  readonly title: Key;
  readonly class?: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ title, class: name = '', aside, children }: CardProps) {
  const { say } = useWords();
  return (
    <section class={`card ${name}`} aria-labelledby={title}>
      <header>
        <h2 id={title}>{say(title)}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

interface TableProps {
  readonly label: Key;
  readonly columns: readonly Key[];
  readonly rows: readonly ComponentChildren[];
  /** What is said in place of a table without rows. */
  readonly none: Key;
}

export function Table({ label, columns, rows, none }: TableProps) {
  const { say } = useWords();
  if (rows.length === 0) return <p class="muted s">{say(none)}</p>;
  return (
    <table class="ft stk" aria-label={say(label)}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col" class={column}>
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{rows}</tbody>
    </table>
  );
}

interface CellProps {
  readonly of: Key;
  /** A number of things; without it the cell has its children only. */
  readonly count?: number;
  /** The colour of one above zero: w waits, x is lost to this hop; z is of no weight. */
  readonly mark?: 'w' | 'x' | 'z';
  readonly children?: ComponentChildren;
}

export function Cell({ of, count, mark, children }: CellProps) {
  const { say, number } = useWords();
  return (
    <td data-l={say(of)} class={`${of} ${count === 0 ? 'z' : (mark ?? '')}`}>
      {count === undefined ? null : number(count, whole)}
      {children}
    </td>
  );
}

/** A state is shape, word and colour. */
export function Standing({ as, children }: { readonly as: IconName; readonly children: string }) {
  return (
    <span class="inl" data-state={as}>
      <Icon name={as} />
      {children}
    </span>
  );
}

export function Verdict({ bad, children }: { readonly bad: boolean; readonly children: string }) {
  return (
    <span class={`verdict push${bad ? ' bad' : ''}`} role="status">
      <Icon name={bad ? 'warning' : 'check'} />
      {children}
    </span>
  );
}
