// A device on the overview: the value that leads, three more, the day behind, and the contract.

import type { DeviceView } from '../../../src/web/api.ts';
import { labelOf, labelUnder, subjectOf } from '../format/subject.ts';
import { sentence } from '../format/value.ts';
import { useKnown, usePage, useWords } from '../page-context.ts';
import { deviceAddress } from '../route.ts';
import { ShownValue } from '../shown.tsx';
import { Age, Moment } from '../ticking.tsx';
import { ContractLine, useSight } from './contract.tsx';
import { hueOfField, isOlderThanDevice, shownValue, verbOfField } from './sight.ts';
import { Spark } from './spark.tsx';

const moreMax = 3;

export function DeviceCard({ id }: { readonly id: string }) {
  const device = useKnown(({ devices }) => devices.get(id));
  return device === undefined ? null : <Card device={device} />;
}

function Card({ device }: { readonly device: DeviceView }) {
  const { kiosk } = usePage();
  const { say } = useWords();
  const sight = useSight(device);
  const [first] = device.lead;
  const stage = device.lead.slice(1).find((field) => device.values[field]?.kind === 'state');
  const verb = first === undefined ? undefined : firstVerb(device);
  const more = device.lead.filter((field) => field !== first && field !== stage).slice(0, moreMax);
  return (
    <a class="card dev" href={deviceAddress(device.id)} data-state={sight} data-device={device.id}>
      <div class="nm">
        <h3 title={device.name}>{device.name}</h3>
        <Stage device={device} field={stage} />
      </div>
      <div class="md">
        <span>{device.model ?? device.kind_label}</span>
        {verb === undefined ? null : <b class={`verb ${hueOfField(device, verb.field)}`}>{say(verb.verb)}</b>}
      </div>
      <div class="ld">
        <b>{first === undefined ? say('no_reading_value') : <Lead device={device} field={first} />}</b>
        {sight === 'lost' ? <Moment class="at" say="at" time={device.time} /> : null}
        {first === undefined || kiosk ? null : <Spark device={device} />}
      </div>
      <dl class="vs">
        {more.map((field) => (
          <More key={field} device={device} field={field} />
        ))}
      </dl>
      <ContractLine device={device} sight={sight} />
    </a>
  );
}

function Lead({ device, field }: { readonly device: DeviceView; readonly field: string }) {
  return <ShownValue shown={shownValue(useWords(), device, field)} />;
}

function More({ device, field }: { readonly device: DeviceView; readonly field: string }) {
  const view = device.values[field];
  return (
    <div>
      <dt title={labelOf(field)}>{shortLabel(device, field)}</dt>
      <dd class="num">
        <ShownValue shown={shownValue(useWords(), device, field)} />
        {view && isOlderThanDevice(device, view) ? <Age class="own" time={view.time} /> : null}
      </dd>
    </div>
  );
}

function Stage({ device, field }: { readonly device: DeviceView; readonly field: string | undefined }) {
  const view = field === undefined ? undefined : device.values[field];
  if (field === undefined || view === undefined || typeof view.value !== 'string') return null;
  return (
    <span class={view.problem ? 'tag push bad' : 'tag push'} title={labelOf(field)}>
      {sentence(view.value)}
    </span>
  );
}

/** What the card is about needs no naming: battery_voltage of a battery is its Voltage. */
function shortLabel({ kind, lead: [first = ''] }: DeviceView, field: string): string {
  const subject = subjectOf(field);
  return subject === kind || subject === subjectOf(first) ? labelUnder(subject, field) : labelOf(field);
}

function firstVerb(device: DeviceView) {
  for (const field of device.lead) {
    const verb = verbOfField(device, field);
    if (verb !== undefined) return { field, verb };
  }
  return undefined;
}
