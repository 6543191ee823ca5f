// The bar above every page: where you are, whether the numbers are live, and what time it is at the site.

import { Icon, Mark } from './icon.tsx';
import { useKnown, usePage, useTimes, useWords } from './page-context.ts';
import { devicesAddress, overviewAddress, type Route, systemAddress } from './route.ts';
import { Moment, Ticking } from './ticking.tsx';

export function TopBar({ route, waiting }: { readonly route: Route; readonly waiting: boolean }) {
  const { say } = useWords();
  const { clock } = usePage();
  const times = useTimes();
  const site = useKnown((known) => known.site?.name);
  const known = useKnown((all) => all.loaded);
  const here = ({ overview: 'overview', system: 'system', devices: 'devices', device: 'devices' } as const)[
    route.page
  ];
  const mark = (place: typeof here) => (here === place ? ({ 'aria-current': 'page' } as const) : {});
  return (
    <header class="top">
      <a class="kback" href={overviewAddress}>
        <Icon name="left" />
        <span>{say('back')}</span>
      </a>
      <a class="brand" href={overviewAddress} aria-label={say('home')}>
        <Mark />
        <span>Wattline</span>
      </a>
      <nav aria-label={say('navigation')}>
        <a href={overviewAddress} {...mark('overview')}>
          <Icon name="overview" />
          <span>{say('overview')}</span>
        </a>
        <a href={devicesAddress} {...mark('devices')}>
          <Icon name="devices" />
          <span>{say('devices')}</span>
        </a>
        <a href={systemAddress} {...mark('system')}>
          <Icon name="system" />
          <span>{say('system')}</span>
        </a>
      </nav>
      <span class="site push">{site ?? ''}</span>
      <LiveMark waiting={waiting} />
      {known ? <Ticking class="clock" text={() => times.clock(clock.now())} /> : null}
    </header>
  );
}

function LiveMark({ waiting }: { readonly waiting: boolean }) {
  const { say } = useWords();
  const link = useKnown((known) => known.link);
  const text = {
    live: say(waiting ? 'waiting_first' : 'live'),
    connecting: say('connecting'),
    cut: <Moment say="cut_since" time={link.since} />,
    refused: say('signed_out'),
  }[link.state];
  const quiet = link.state === 'connecting' || waiting;
  return (
    <span class={`live${quiet ? ' quiet' : ''}`} data-link={link.state} role="status">
      <span class="dot" />
      <span>{text}</span>
    </span>
  );
}
