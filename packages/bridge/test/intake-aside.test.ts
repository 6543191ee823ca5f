import { expect, test } from 'vitest';
import { explainAside } from '../src/intake/explain-aside.ts';
import type { Message, Verdict } from '../src/message.ts';

const message = (topic: string): Message => ({
  topic,
  payload: new Uint8Array(),
  receivedMs: 0,
  retained: false,
});

test('what is set aside is said by topic and reason, readings are not', () => {
  const said: string[][] = [];
  const sayer = { say: (key: string, text: string) => void said.push([key, text]) };
  const verdicts: Verdict[] = [
    { is: 'stored' },
    { is: 'aside', reason: 'not_json', detail: 'not JSON' },
    { is: 'aside', reason: 'far_future', detail: '9 minutes ahead' },
  ];
  for (const [index, verdict] of verdicts.entries())
    explainAside(message(`victron/a/${index}\u0007`), verdict, sayer);
  expect(said.map(([key]) => key)).toEqual(['victron/a/1\\x07 not_json', 'victron/a/2\\x07 far_future']);
  expect(said[0]?.[1]).toContain('not JSON');
});
