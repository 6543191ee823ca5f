// Records that are read in blocks, asked of a device that answers, refuses or keeps silent.

import { expect, test } from 'vitest';
import { openConversation, poll } from '../src/asking.ts';
import { renogyController } from '../src/devices/renogy-controller.ts';
import { ProtocolError, type ProtocolErrorCode, takeOrSkip } from '../src/session.ts';
import { bytesOf, hexOf, vectorsOf } from './vectors.ts';

const vectors = vectorsOf('renogy-controller');
const status = vectors.find(({ name }) => name === 'rover/34-words');
const ratings = vectors.find(({ name }) => name === 'rover/ratings of a 12 V unit');
const capacity = vectors.find(({ name }) => name === 'rover/battery capacity that is set');
const batteryType = vectors.find(({ name }) => name === 'rover/battery type that is set');
const once = [ratings, capacity, batteryType].map((vector) => vector?.request);

/** What one poll reads and asks; a request without an answer fails with the code. */
function pollOnce(
  conversation: ReturnType<typeof openConversation>,
  answers: ReadonlyMap<string, string>,
  otherwise: ProtocolErrorCode = 'silent',
) {
  const asked: string[] = [];
  const session = poll(renogyController, conversation, { wallMs: 0, uptimeMs: 0 });
  let step = session.next();
  while (!step.done) {
    const { request, take } = step.value;
    asked.push(hexOf(request));
    const sent = answers.get(hexOf(request));
    const { answer } = sent === undefined ? {} : takeOrSkip(take, bytesOf(sent));
    step = answer === undefined ? session.throw(new ProtocolError(otherwise, '')) : session.next(answer);
  }
  return { asked, readings: step.value };
}

const of = (...all: readonly (typeof status)[]) =>
  new Map(all.map((vector) => [vector?.request ?? '', vector?.bytes ?? '']));

test('ratings and settings are read once per connection, and the model stays known', () => {
  const conversation = openConversation({ medium: 'serial' });
  const first = pollOnce(conversation, of(status, ratings, capacity, batteryType));
  const values = Object.assign({}, ...[status, ratings, capacity, batteryType].map((each) => each?.values));
  expect(first.readings).toMatchObject([{ model: 'MT2410', values }]);
  expect(first.asked).toEqual([status?.request, ...once]);
  const second = pollOnce(conversation, of(status));
  expect(second.readings).toEqual([
    { record: 'status', kind: 'solar_charger', model: 'MT2410', values: status?.values },
  ]);
  expect(second.asked).toEqual([status?.request]);
});

test.each(['refused', 'silent'] as const)('blocks that are %s cost only themselves, once', (code) => {
  const conversation = openConversation({ medium: 'serial' });
  for (const asked of [[status?.request, ...once], [status?.request]]) {
    const told = pollOnce(conversation, of(status), code);
    expect(told.readings).toMatchObject([{ values: status?.values }]);
    expect(told.asked).toEqual(asked);
  }
});

test('a controller without the capacity still tells the type of battery', () => {
  const conversation = openConversation({ medium: 'serial' });
  const { readings } = pollOnce(conversation, of(status, batteryType), 'refused');
  expect(readings).toMatchObject([{ values: { ...status?.values, ...batteryType?.values } }]);
  expect(readings[0]?.values).not.toHaveProperty('setting_battery_capacity');
});

test('without the first block there is no reading', () => {
  const conversation = openConversation({ medium: 'serial' });
  expect(() => pollOnce(conversation, of(ratings))).toThrow(expect.objectContaining({ code: 'silent' }));
});
