// Nothing was ever stored here: five steps to the first number, each checked off as it happens.

import { useRef, useState } from 'preact/hooks';
import type { StatusView } from '../../../src/web/status-views.ts';
import { Icon } from '../icon.tsx';
import { usePage, useTick, useWords } from '../page-context.ts';
import type { Key } from '../words/words.ts';

type Status = Pick<StatusView, 'broker' | 'agents' | 'first_stored'>;

interface Step {
  readonly title: Key;
  readonly why: Key;
  readonly command?: string;
  readonly isDone: (status: Status) => boolean;
}

const steps: readonly Step[] = [
  { title: 'step_bridge', why: 'step_bridge_why', isDone: () => true },
  { title: 'step_broker', why: 'step_broker_why', isDone: ({ broker }) => broker.connected },
  {
    title: 'step_agent',
    why: 'step_agent_why',
    command: 'wattline-agent check',
    isDone: ({ agents }) => agents.length > 0,
  },
  {
    title: 'step_device',
    why: 'step_device_why',
    command: 'wattline-agent scan',
    isDone: ({ agents }) =>
      agents.some(({ devices }) => devices.some((each) => each.last_read !== undefined)),
  },
  {
    title: 'step_stored',
    why: 'step_stored_why',
    command: 'wattline-agent run',
    isDone: (status) => status.first_stored !== null,
  },
];

const askEveryMs = 3000;

export function FirstSteps() {
  const { say } = useWords();
  const status = useStatus();
  const done = steps.map(({ isDone }) => status !== undefined && isDone(status));
  const doing = done.indexOf(false);
  return (
    <main id="main" class="empty">
      <div class="lead">
        <h1>{say('welcome')}</h1>
        <p>{say('welcome_why')}</p>
      </div>
      <section aria-label={say('steps')} aria-live="polite">
        <ol class="steps">
          {steps.map(({ title, why, command }, index) => (
            <li key={title} class={done[index] ? 'done' : index === doing ? 'doing' : ''}>
              <span class="mk">
                <b>{index + 1}</b>
                <Icon name="check" />
              </span>
              <div>
                <h2>{say(title)}</h2>
                <p>{say(why)}</p>
                {command === undefined || done[index] ? null : <Command text={command} />}
              </div>
            </li>
          ))}
        </ol>
      </section>
      <div class="stack sim">
        <section class="card">
          <h2>{say('no_devices')}</h2>
          <p>{say('simulated')}</p>
          <Command text="npm run demo" />
        </section>
        {(status?.agents ?? []).map((agent) => (
          <InReach key={agent.name} agent={agent} />
        ))}
      </div>
    </main>
  );
}

/** Asked for every few seconds while this page is seen. */
function useStatus(): Status | undefined {
  const { api, local } = usePage();
  const [status, setStatus] = useState<Status>();
  const askedAt = useRef(Number.NEGATIVE_INFINITY);
  useTick(() => {
    if (local() - askedAt.current < askEveryMs) return;
    askedAt.current = local();
    api
      .status(AbortSignal.timeout(askEveryMs))
      .then(setStatus)
      // The next tick asks again; that the bridge is gone is said above.
      .catch(() => {});
  });
  return status;
}

function Command({ text }: { readonly text: string }) {
  const { say } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    // Only pages of a secure origin may write to the clipboard; elsewhere the text can be selected.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div class="cmd">
      <code>{text}</code>
      {isSecureContext ? (
        <button type="button" class="btn" onClick={copy}>
          {say(copied ? 'copied' : 'copy')}
        </button>
      ) : null}
    </div>
  );
}

function InReach({ agent }: { readonly agent: StatusView['agents'][number] }) {
  const { say, number } = useWords();
  const problems = agent.devices.filter(({ problem }) => problem !== undefined);
  if (agent.in_reach.length + problems.length === 0) return null;
  return (
    <section class="card" aria-label={say('in_reach', agent.name)}>
      <h2>{say('in_reach', agent.name)}</h2>
      <div class="found">
        {problems.map(({ name, problem }) => (
          <div key={name}>
            <b>{name}</b>
            <span class="need">{problem}</span>
          </div>
        ))}
        {agent.in_reach.map(({ address, model, signal_strength: signal }) => (
          <div key={address}>
            <b>{model}</b>
            <span class="mono xs">
              {address}
              {signal === undefined ? '' : ` · ${number(signal, { least: 0, most: 0 })} dBm`}
            </span>
          </div>
        ))}
      </div>
    </section>
  );
}
