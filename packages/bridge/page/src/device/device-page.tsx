// One device: its contract, its history, its values now with their own ages, its alarms and facts.

import { useState } from 'preact/hooks';
import type { DeviceView } from '../../../src/web/api.ts';
import { type Choice, History } from '../history/history.tsx';
import { Icon } from '../icon.tsx';
import { useKnown, useWords } from '../page-context.ts';
import { deviceAddress, overviewAddress } from '../route.ts';
import { useSight } from './contract.tsx';
import { ContractBar } from './contract-bar.tsx';
import { AlarmHistory, Facts } from './facts.tsx';
import { ValuesNow } from './values-now.tsx';

export function DevicePage({ id }: { readonly id: string }) {
  const { say } = useWords();
  const device = useKnown(({ devices }) => devices.get(id));
  const [choice, setChoice] = useState<Choice>({ range: '24h', compare: false });
  if (device === undefined) {
    return (
      <main id="main" class="devpage">
        <div class="dhead">
          <div>
            <Crumb />
            <h1>{say('no_such_device')}</h1>
            <p class="muted s">{say('no_such_device_why')}</p>
          </div>
          <Picker id={id} />
        </div>
      </main>
    );
  }
  return <Page key={id} device={device} choice={choice} choose={setChoice} />;
}

interface PageProps {
  readonly device: DeviceView;
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
}

function Page({ device, choice, choose }: PageProps) {
  const { say } = useWords();
  const sight = useSight(device);
  const [fields, setFields] = useState<readonly string[]>(device.lead);
  const toggle = (field: string): void =>
    setFields(fields.includes(field) ? fields.filter((each) => each !== field) : [...fields, field]);
  const { name, model, kind_label: kind, agent } = device;
  return (
    <main id="main" class="devpage" data-state={sight} aria-label={name}>
      <div class="dhead">
        <div>
          <Crumb />
          <h1>{name}</h1>
          <p class="muted s">{say('made_by', { model: model ?? kind, kind, agent })}</p>
        </div>
        <Picker id={device.id} />
      </div>
      <ContractBar device={device} sight={sight} />
      <History device={device} fields={fields} choice={choice} choose={choose} />
      <div class="stack side">
        <ValuesNow device={device} charted={fields} toggle={toggle} />
        <div class="stack">
          <AlarmHistory device={device} />
          <Facts device={device} />
        </div>
      </div>
    </main>
  );
}

function Crumb() {
  return (
    <a class="crumb" href={overviewAddress}>
      <Icon name="left" />
      <span>{useWords().say('overview')}</span>
    </a>
  );
}

/** Straight to another device. */
function Picker({ id }: { readonly id: string }) {
  const { say } = useWords();
  const list = useKnown(({ devices }) =>
    JSON.stringify([...devices.values()].map((each) => [each.id, each.name])),
  );
  const devices: readonly (readonly [string, string])[] = JSON.parse(list);
  return (
    <div class="row push">
      <select
        class="pick"
        aria-label={say('another_device')}
        value={id}
        onChange={({ currentTarget }) => {
          location.hash = deviceAddress(currentTarget.value);
        }}
      >
        {devices.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
