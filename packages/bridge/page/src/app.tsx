// The frame of the page and what stands in it.

import { useLayoutEffect } from 'preact/hooks';
import { Attention } from './attention/attention.tsx';
import { ChargeCard } from './charge/charge-card.tsx';
import { DevicePage } from './device/device-page.tsx';
import { DeviceList } from './device/list.tsx';
import { WattLine } from './flow/watt-line.tsx';
import { useKioskHome } from './kiosk-home.ts';
import { useKnown, usePage, useWords } from './page-context.ts';
import { devicesAddress, overviewAddress, type Route, systemAddress, useRoute } from './route.ts';
import { SignIn, SignOut } from './sign-in/sign-in.tsx';
import { FirstSteps } from './steps/first-steps.tsx';
import { SystemPage } from './system/system-page.tsx';
import { TodayCard } from './today/today-card.tsx';
import { TopBar } from './top-bar.tsx';

export function App() {
  const { keys } = usePage();
  const { say } = useWords();
  const route = useRoute();
  useKioskHome(route);
  const empty = useKnown(({ loaded, devices }) => loaded && devices.size === 0);
  const cut = useKnown(({ link }) => link.state === 'cut');
  const site = useKnown((known) => known.site?.name);
  useLayoutEffect(() => {
    document.title = site === undefined ? 'Wattline' : `${site} · Wattline`;
  }, [site]);
  useLayoutEffect(
    () =>
      keys.on((key) => {
        if (key === '1') location.hash = overviewAddress;
        if (key === '2') location.hash = devicesAddress;
        if (key === '3') location.hash = systemAddress;
      }),
    [keys],
  );
  useLayoutEffect(() => {
    document.documentElement.classList.toggle('cut', cut);
  }, [cut]);
  return (
    <div class={`frame at-${empty ? 'empty' : route.page}`}>
      <button type="button" class="skip" onClick={skip}>
        {say('skip')}
      </button>
      <TopBar route={route} waiting={empty} />
      <Content route={route} />
      <KeySwitch />
    </div>
  );
}

/** The address belongs to the pages, so this is no link and moves the focus itself. */
function skip(): void {
  const main = document.querySelector<HTMLElement>('#main');
  main?.setAttribute('tabindex', '-1');
  main?.focus();
}

function Content({ route }: { readonly route: Route }) {
  const loaded = useKnown((known) => known.loaded);
  const refused = useKnown(({ link }) => link.state === 'refused');
  if (refused) return <SignIn />;
  return loaded ? <Main route={route} /> : <main id="main" class="overview" />;
}

function Main({ route }: { readonly route: Route }) {
  const empty = useKnown(({ devices }) => devices.size === 0);
  if (route.page === 'system') return <SystemPage />;
  if (empty) return <FirstSteps />;
  if (route.page === 'device') return <DevicePage id={route.id} />;
  if (route.page === 'devices') return <Devices />;
  return <Overview />;
}

/** Single letters must be possible to switch off: speech control types them by accident. */
function KeySwitch() {
  const { keys } = usePage();
  const { say } = useWords();
  return (
    <footer class="foot-page">
      <label>
        <input
          type="checkbox"
          checked={keys.areOn()}
          onChange={({ currentTarget }) => keys.switch(currentTarget.checked)}
        />
        {say('shortcuts')}
      </label>
      <SignOut />
    </footer>
  );
}

function Overview() {
  const { kiosk } = usePage();
  const { say } = useWords();
  return (
    <main id="main" class="overview" aria-label={say('overview')}>
      <h1 class="sr">{say('overview')}</h1>
      <WattLine />
      <ChargeCard />
      <TodayCard />
      <Attention />
      <DeviceList tiles={kiosk} />
    </main>
  );
}

function Devices() {
  const { say } = useWords();
  return (
    <main id="main" class="list" aria-label={say('devices')}>
      <h1 class="sr">{say('devices')}</h1>
      <DeviceList tiles={false} />
    </main>
  );
}
