// Power now: what supplies, what stores, what uses, and whether it adds up.

import { type Node, verbOf } from '../device/sight.ts';
import { inline, type Shown, showNumber } from '../format/value.ts';
import { Icon } from '../icon.tsx';
import { useKnown, useWords } from '../page-context.ts';
import { ShownValue } from '../shown.tsx';
import { Age } from '../ticking.tsx';
import { YieldLine } from '../today/yield.tsx';
import type { Words } from '../words/words.ts';
import { River } from './river.tsx';
import { sharesOf, supplyOf, useOf, type Watts } from './shares.ts';

const order: readonly Node[] = ['sun', 'battery', 'load', 'grid'];

const watts = (words: Words, value: number): Shown => showNumber(words, Math.round(value), 'W', true);

/** The bridge names all nodes; those without a device are not part of this site. */
const exists = ({ devices, stale = [] }: Watts): boolean => devices.length + stale.length > 0;

export function WattLine() {
  const words = useWords();
  const site = useKnown((known) => known.site);
  const nodes = order.flatMap((node) => site?.watts.find((each) => each.node === node && exists(each)) ?? []);
  // Signs of the longest number, so that all of the row are written in one size that fits.
  const longest = Math.max(
    4,
    ...nodes.map(({ value }) => (value === null ? 0 : watts(words, value).text.length)),
  );
  return (
    <section class="card flow" aria-labelledby="h-flow">
      <header>
        <h2 id="h-flow">{words.say('power_now')}</h2>
        {site && site.unexplained !== null ? (
          <Balance nodes={nodes} open={Math.round(site.unexplained)} />
        ) : null}
      </header>
      {site && nodes.length === 0 ? <p class="nothing">{words.say('no_flows')}</p> : null}
      {site && nodes.length > 0 ? (
        <>
          <River watts={nodes} shares={sharesOf(nodes)} />
          <div class="nodes" style={{ '--signs': longest }}>
            {nodes.map((each) => (
              <FlowNode key={each.node} each={each} now={site.now} />
            ))}
          </div>
        </>
      ) : null}
      <YieldLine />
    </section>
  );
}

/** Only where all that takes part is measured: elsewhere supply and use cannot be the same. */
function Balance({ nodes, open }: { readonly nodes: readonly Watts[]; readonly open: number }) {
  const words = useWords();
  const { say } = words;
  return (
    <span class="bal push">
      <span>
        {say('supply')} <b>{inline(watts(words, supplyOf(nodes)))}</b>
      </span>
      <span>
        {say('consumption')} <b>{inline(watts(words, useOf(nodes)))}</b>
      </span>
      {open === 0 ? null : (
        <span class="open">{say('unexplained', inline(showNumber(words, Math.abs(open), 'W')))}</span>
      )}
    </span>
  );
}

function FlowNode({ each, now }: { readonly each: Watts; readonly now: number }) {
  const words = useWords();
  const { node, value, age } = each;
  const verb = value === null ? 'unknown' : verbOf(node, Math.round(value));
  const quiet = value === null || verb === 'off';
  return (
    <div class={`node ${node}${quiet ? ' off' : ''}`} data-node={node}>
      <div class="lab">
        <Icon name={node} />
        <span>{words.say(node)}</span>
      </div>
      <div class="val">
        {value === null ? words.say('unknown') : <ShownValue shown={watts(words, value)} />}
      </div>
      <div class="verb">
        {value === null ? '' : words.say(verb)}
        {each.stale && each.devices.length > 0 ? <Without ids={each.stale} /> : null}
      </div>
      <div class="who">
        <Names ids={each.devices.length > 0 ? each.devices : (each.stale ?? [])} />
        {age === null ? null : <Age time={now - age * 1000} />}
      </div>
    </div>
  );
}

function Names({ ids }: { readonly ids: readonly string[] }) {
  return <span class="dn">{useNames(ids)}</span>;
}

/** Devices that belong to the sum and are not in it, because their value is not current. */
function Without({ ids }: { readonly ids: readonly string[] }) {
  const text = useWords().say('without', useNames(ids));
  return (
    <span class="without" title={text}>
      {text}
    </span>
  );
}

const useNames = (ids: readonly string[]): string =>
  useKnown(({ devices }) => ids.map((id) => devices.get(id)?.name ?? id).join(', '));
