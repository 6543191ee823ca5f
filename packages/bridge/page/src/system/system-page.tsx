// The system: whether every reading is accounted for, and how agents, sinks, broker and storage are.

import { useRef, useState } from 'preact/hooks';
import type { StatusView } from '../../../src/web/status-views.ts';
import { usePage, useTick, useTimes, useWords } from '../page-context.ts';
import { AgentsCard } from './agents-card.tsx';
import { BrokerCard } from './broker-card.tsx';
import { HealthCard } from './health-card.tsx';
import { LedgerCard } from './ledger-card.tsx';
import { SinksCard } from './sinks-card.tsx';
import { StorageCard } from './storage-card.tsx';

const askEveryMs = 5_000;

export function SystemPage() {
  const { say, span } = useWords();
  const times = useTimes();
  const { status, failed } = useStatus();
  return (
    <main id="main" class="sys" aria-label={say('system')}>
      <div class="dhead wide">
        <div>
          <h1>{say('system')}</h1>
          {status === undefined ? null : (
            <p class="muted s">
              {say('bridge_about', {
                version: status.version,
                span: span(status.uptime_secs),
                at: times.clock(status.now),
              })}
            </p>
          )}
          {failed ? <p class="muted s">{say('status_failed')}</p> : null}
        </div>
      </div>
      {status === undefined ? null : (
        <>
          <LedgerCard status={status} />
          <AgentsCard status={status} />
          <SinksCard status={status} />
          <BrokerCard status={status} />
          <StorageCard status={status} />
          <HealthCard status={status} />
        </>
      )}
    </main>
  );
}

/** Asked for every few seconds while this page is seen; what was last told stays, with its time. */
function useStatus(): { readonly status: StatusView | undefined; readonly failed: boolean } {
  const { api, local } = usePage();
  const [answer, setAnswer] = useState<{ status: StatusView | undefined; failed: boolean }>({
    status: undefined,
    failed: false,
  });
  const askedAt = useRef(Number.NEGATIVE_INFINITY);
  useTick(() => {
    if (local() - askedAt.current < askEveryMs) return;
    askedAt.current = local();
    api.status(AbortSignal.timeout(askEveryMs)).then(
      (status) => setAnswer({ status, failed: false }),
      () => setAnswer(({ status }) => ({ status, failed: true })),
    );
  });
  return answer;
}
