// Every value of a device with its own age, by what it is about; each leads to its history.

import type { DeviceView } from '../../../src/web/api.ts';
import { labelOf, labelUnder } from '../format/subject.ts';
import { useWords } from '../page-context.ts';
import { ShownValue } from '../shown.tsx';
import { BareAge } from '../ticking.tsx';
import { hueOfField, shownValue, verbOfField } from './sight.ts';
import { type Group, groupsOf } from './value-groups.ts';

interface ValuesNowProps {
  readonly device: DeviceView;
  /** Fields whose history is shown. */
  readonly charted: readonly string[];
  readonly toggle: (field: string) => void;
}

export function ValuesNow({ device, charted, toggle }: ValuesNowProps) {
  const { say } = useWords();
  const { open, folded } = groupsOf(Object.keys(device.values), device.lead);
  const table = (group: Group) => (
    <GroupTable key={group.subject} device={device} group={group} charted={charted} toggle={toggle} />
  );
  return (
    <section class="card vals" aria-labelledby="h-now">
      <header>
        <h2 id="h-now">{say('values_now')}</h2>
        <span class="push xs dim">{say('age')}</span>
      </header>
      {open.map(table)}
      {folded.length > 0 ? (
        <details>
          <summary>{say('settings')}</summary>
          {folded.map(table)}
        </details>
      ) : null}
    </section>
  );
}

interface GroupTableProps extends ValuesNowProps {
  readonly group: Group;
}

function GroupTable({ device, group: { subject, fields }, charted, toggle }: GroupTableProps) {
  const { say } = useWords();
  const title = subject === '' ? say('general') : labelOf(subject);
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {fields.map((field) => (
          <Row
            key={field}
            device={device}
            field={field}
            label={subject === '' ? labelOf(field) : labelUnder(subject, field)}
            isCharted={charted.includes(field)}
            toggle={toggle}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly device: DeviceView;
  readonly field: string;
  readonly label: string;
  readonly isCharted: boolean;
  readonly toggle: (field: string) => void;
}

function Row({ device, field, label, isCharted, toggle }: RowProps) {
  const words = useWords();
  const view = device.values[field];
  if (view === undefined) return null;
  const shown = shownValue(words, device, field);
  const verb = verbOfField(device, field);
  const name = (
    <>
      {label}
      {verb === undefined ? null : <span class={`verb ${hueOfField(device, field)}`}>{words.say(verb)}</span>}
    </>
  );
  return (
    <tr data-field={field}>
      <th scope="row">
        {view.kind === 'info' ? (
          name
        ) : (
          <button
            type="button"
            aria-pressed={isCharted}
            title={words.say(isCharted ? 'hide_chart' : 'show_chart', labelOf(field))}
            onClick={() => toggle(field)}
          >
            {name}
          </button>
        )}
      </th>
      <td class={`${shown.unit === undefined ? 'tx' : ''}${view.problem ? ' bad' : ''}`}>
        {view.value === null ? <span class="dim">{shown.text}</span> : <ShownValue shown={shown} />}
      </td>
      <td>
        <BareAge time={view.time} />
      </td>
    </tr>
  );
}
