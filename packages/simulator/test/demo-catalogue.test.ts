// Every family of the catalogue has a simulated device on a site of the demonstration.

import { definitions } from '@wattline/protocols';
import { expect, test } from 'vitest';
import { places } from '../src/demo/places.ts';

/** On no site, and why not: batteries on the bus that three families are shown on, in frames of another maker. */
const unsimulated: { readonly [id: string]: string } = {
  'can-discover': 'frames of can-victron in other units, as a capture among its vectors has them',
  'can-growatt': 'from a translated paper and one capture among its vectors: nothing to be truer to',
  'can-pytes': 'from one description: its own simulation would only repeat the decoder',
  'can-jk': 'from one implementation: its own simulation would only repeat the decoder',
};

const timing = { startMs: Date.UTC(2026, 5, 1, 10), seed: 7, localOffsetMs: 0 };
const devices = places.flatMap((place) => place.devices(timing));
const shown = devices.flatMap(({ definition, units, readings }) => {
  const said = readings(timing.startMs + 1000);
  return [definition, ...said.flatMap(({ family = [] }) => family)].map((id) => ({ id, units, said }));
});

test('every family has a simulated device, or a reason to have none', () => {
  const ids = new Set(shown.map(({ id }) => id));
  const missing = definitions.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  expect(missing.toSorted()).toEqual(Object.keys(unsimulated).toSorted());
});

test('each of them says something of every unit that it is to have', () => {
  for (const { id, units, said } of shown) expect([id, said.length]).toEqual([id, units.length]);
});

test('one port in two languages is the only one that two devices are at', () => {
  const ports = devices.flatMap(({ reach, definition }) =>
    reach.by === 'cable' ? [{ port: reach.port, definition }] : [],
  );
  const shared = ports.filter(({ port }) => ports.filter((other) => other.port === port).length > 1);
  expect(shared.map(({ definition }) => definition)).toEqual(['vedirect-text', 'vedirect-hex']);
});
