import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Candidates,
  type Environment,
  locateConfiguration,
  type Surroundings,
  stateDirectory,
  systemCode,
} from '../src/index.ts';
import { scratchFolder } from './scratch-folder.ts';

const surroundings = (folder: string, environment: Environment = {}): Surroundings => ({
  environment,
  workingDirectory: `${folder}/here`,
  homeDirectory: '/home/solar',
  hostName: 'barn',
  timeZone: 'Europe/Rome',
  systemDirectory: `${folder}/etc`,
});

const agent: Candidates = {
  name: 'agent.yml',
  foreign: { name: 'config.yml', isOurs: (text) => text.includes('devices') },
};

const everywhere = {
  'here/named.yml': 'named',
  'here/variable.yml': 'variable',
  'here/agent.yml': 'own',
  'here/config.yml': 'devices: of another program',
  'etc/agent.yml': 'system',
};

/** What is found when files are taken away one after another. */
const found = (files: { readonly [path: string]: string }, environment: Environment = {}, option?: string) =>
  locateConfiguration({ ...agent, option }, surroundings(scratchFolder(files), environment))?.text;

test('who may not read a file is told how to', () => {
  expect(systemCode(Object.assign(new Error('no'), { code: 'EACCES' }))).toMatch(
    /^permission denied; .*sudo.*chmod 640$/,
  );
});

describe('a configuration is found', () => {
  test('by the option, before the variable, before the working directory, before the system', () => {
    const { 'here/agent.yml': _, ...withoutOwn } = everywhere;
    const { 'here/config.yml': __, ...system } = withoutOwn;
    const environment = { WATTLINE_CONFIG: 'variable.yml' };
    expect(found(everywhere, environment, 'named.yml')).toEqual({ file: 'named.yml', text: 'named' });
    expect(found(everywhere, environment)).toEqual({ file: 'variable.yml', text: 'variable' });
    expect(found(everywhere)).toEqual({ file: 'agent.yml', text: 'own' });
    expect(found(withoutOwn)).toEqual({ file: 'config.yml', text: 'devices: of another program' });
    expect(found(system)?.text).toBe('system');
    expect(found(system)?.file).toMatch(/^\/.*\/etc\/agent\.yml$/);
  });

  test('only in UTF-8: other letters would become other names, and other passwords', () => {
    const folder = scratchFolder();
    writeFileSync(`${folder}/latin.yml`, Buffer.from('agent: barn\nsite: H\u00fctte\n', 'latin1'));
    const locate = () =>
      locateConfiguration({ ...agent, option: `${folder}/latin.yml` }, surroundings(folder));
    expect(locate).toThrow('latin.yml:2:8: not UTF-8: save the file in this encoding');
    writeFileSync(`${folder}/latin.yml`, 'site: H\u00fctte\n');
    expect(locate()?.text.text).toBe('site: H\u00fctte\n');
  });

  test('nowhere, where there is none', () => {
    expect(found({ 'here/config.yml': 'something else' })).toBeUndefined();
  });

  test('not in another place when the one that was named is missing', () => {
    expect(() => found(everywhere, {}, 'missing.yml')).toThrow('missing.yml: no such file');
    expect(() => found(everywhere, { WATTLINE_CONFIG: '/missing.yml' })).toThrow(
      '/missing.yml: no such file',
    );
  });

  test('and said to be unreadable when it is a folder', () => {
    const folder = scratchFolder({ 'etc/agent.yml': 'system' });
    mkdirSync(`${folder}/here/agent.yml`, { recursive: true });
    expect(() => locateConfiguration(agent, surroundings(folder))).toThrow(
      'agent.yml: cannot be read: a directory',
    );
  });

  test('and refused when it is too large to be one', () => {
    expect(() => found({ 'here/agent.yml': '#'.repeat(2 ** 20 + 1) })).toThrow(
      'agent.yml: larger than 1 MiB',
    );
  });
});

describe('state is kept', () => {
  const state = (environment: Environment, configuration?: string) =>
    stateDirectory(
      { ...surroundings('/scratch', environment), systemDirectory: '/etc/wattline' },
      configuration,
    );

  test('where systemd says', () => {
    expect(state({ STATE_DIRECTORY: '/var/lib/wattline' })).toBe('/var/lib/wattline');
    expect(
      state({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/x' }, '/etc/wattline/a.yml'),
    ).toBe('/var/lib/a');
  });

  test('with the system for its configuration', () => {
    expect(state({ XDG_STATE_HOME: '/x' }, '/etc/wattline/agent.yml')).toBe('/var/lib/wattline');
  });

  test('else with the user', () => {
    expect(state({ XDG_STATE_HOME: '/x' }, '/home/solar/agent.yml')).toBe('/x/wattline');
    expect(state({ XDG_STATE_HOME: '' })).toBe('/home/solar/.local/state/wattline');
  });
});
