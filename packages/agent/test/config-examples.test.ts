import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { machineWith } from './config-surroundings.ts';

const folder = new URL('../../../config/', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const examples = readdirSync(folder).filter((name) => /^agent-.*\.yml$/.test(name));

test('there are examples', () => {
  expect(examples).toContain('agent-one-charger-cron.yml');
  expect(examples).toContain('agent-shunt-and-charger.yml');
});

test.each(examples)('%s is valid, with the secrets of the example', (name) => {
  const { load } = machineWith({ 'agent.yml': textOf(name), 'secrets.yml': textOf('secrets.example.yml') });
  const { configuration, notices } = load();
  expect(configuration.devices.length).toBeGreaterThan(0);
  expect(notices).toEqual([]);
});

test.each(examples)('%s names the schema for editors in its first line', (name) => {
  expect(textOf(name).split('\n')[0]).toBe('# yaml-language-server: $schema=agent.schema.json');
});
