// A table that becomes a list of cards on a phone: every cell carries the label of its column.

import type { ComponentChildren } from 'preact';
import { useWords } from '../page-context.ts';
import { type Key, whole } from '../words/words.ts';

interface Column {
  readonly label: Key;
  readonly kind?: 'l' | 'why';
}

export function Table({
  columns,
  label,
  children,
}: {
  readonly columns: readonly Column[];
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  const { say } = useWords();
  return (
    <table class="ft stk" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ label: column, kind }) => (
            <th key={column} scope="col" class={kind}>
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** A number of things; `mark` colours one above zero: w waits, x is lost to this hop. */
export function Count({
  label,
  value,
  mark,
  children,
}: {
  readonly label: Key;
  readonly value: number;
  readonly mark?: 'w' | 'x';
  readonly children?: ComponentChildren;
}) {
  const { say, number } = useWords();
  return (
    <td data-l={say(label)} class={value === 0 ? 'z' : mark}>
      {number(value, whole)}
      {children}
    </td>
  );
}

/** Words in a column of their own side. */
export function Words({ label, children }: { readonly label: Key; readonly children: ComponentChildren }) {
  const { say } = useWords();
  return (
    <td data-l={say(label)} class="l">
      {children}
    </td>
  );
}
