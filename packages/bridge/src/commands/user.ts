// `user add|remove|list`: on the file of users, whether the bridge runs or not; one that runs sees it within a second.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type ExitCode, exitCodes, isLoopback, UsageError } from '@wattline/program';
import { namePattern } from '@wattline/protocols';
import type { Invocation } from '../command-line.ts';
import type { EmbeddedBroker } from '../config/configuration.ts';
import type { Surround } from '../surround.ts';
import { generatePassword, hashPassword, passwordLengthMax, passwordLengthMin } from '../users/password.ts';
import { readUsers, usersFile, usersMax, writeUsers } from '../users/users-file.ts';

type UserInvocation = Extract<Invocation, { command: `user ${string}` }>;
type Adding = Extract<UserInvocation, { command: 'user add' }>;

export async function manageUsers(surround: Surround, invocation: UserInvocation): Promise<ExitCode> {
  const { configuration, terminal, log } = surround;
  const file = usersFile(configuration.store.path);
  const users = readUsers(file);
  switch (invocation.command) {
    case 'user list': {
      const rows = users.map(({ name, role, added }) => ({ name, role, added }));
      if (invocation.json) for (const row of rows) terminal.printJson(row);
      else
        terminal.printTable(
          ['name', 'role', 'added'],
          rows.map(({ name, role, added }) => [name, role, new Date(added).toISOString().slice(0, 10)]),
        );
      return exitCodes.done;
    }
    case 'user remove': {
      const rest = users.filter(({ name }) => name !== invocation.name);
      if (rest.length === users.length) {
        const known = users.map(({ name }) => name).join(', ') || 'none';
        throw new UsageError(`there is no user ${invocation.name}; there are ${known}`);
      }
      writeUsers(file, rest);
      log.info(`${invocation.name} was removed; connections and sessions of this user end`);
      return exitCodes.done;
    }
    case 'user add':
      return addUser(surround, invocation, file);
  }
}

async function addUser(surround: Surround, { name, role, asks }: Adding, file: string): Promise<ExitCode> {
  const { configuration, terminal, log, redactor } = surround;
  if (!namePattern.test(name)) throw new UsageError('a user name is 1 to 64 of A-Z a-z 0-9 _ . -');
  const { broker } = configuration;
  if (broker.is === 'external' && (role === 'agent' || role === 'publisher')) {
    throw new UsageError(
      `agents sign in at the broker ${broker.host}:${broker.port} of this configuration: make the user there`,
    );
  }
  const refuseKnown = (): void => {
    const known = readUsers(file);
    if (known.some((user) => user.name === name))
      throw new UsageError(
        `there is a user ${name} already; for another password say user remove ${name} first`,
      );
    if (known.length >= usersMax) throw new UsageError(`there are ${usersMax} users already`);
  };
  refuseKnown();
  const password = asks ? await askPassword(surround) : generatePassword();
  redactor.hide(password);
  const hash = await hashPassword(password);
  refuseKnown();
  writeUsers(file, [...readUsers(file), { name, role, hash, added: Date.now() }]);
  log.info(`${name} was added; this is the only time the password is shown`);
  if (broker.is === 'embedded' && (role === 'agent' || role === 'publisher')) {
    const host = isLoopback(broker.host) || isAny(broker.host) ? surround.surroundings.hostName : broker.host;
    terminal.printLine(
      mqttBlock({ name, password, host: isLoopback(broker.host) ? broker.host : host, broker }),
    );
  } else if (!asks) {
    terminal.printLine(password);
  }
  return exitCodes.done;
}

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';

interface Block {
  readonly name: string;
  readonly password: string;
  readonly host: string;
  readonly broker: EmbeddedBroker;
}

/** Ready for agent.yml. The passwords that are made need no quotes; others may. */
function mqttBlock({ name, password, host, broker }: Block): string {
  const { port, tls } = broker;
  const where =
    tls === undefined
      ? [`  host: ${JSON.stringify(host)}`, `  port: ${port}`]
      : [
          `  url: mqtts://${host.includes(':') ? `[${host}]` : host}:${port}`,
          `  # ca: /etc/wattline/ca.pem   # a copy of ${tls.certFile}, unless a public authority signed it`,
        ];
  return [
    `agent: ${JSON.stringify(name)}`,
    'mqtt:',
    ...where,
    `  username: ${JSON.stringify(name)}`,
    `  password: ${JSON.stringify(password)}`,
  ].join('\n');
}

/** From a pipe its first line; from a terminal without an echo. */
async function askPassword({ input: standardInput, terminal }: Surround): Promise<string> {
  const input = standardInput();
  const isTerminal = input.isTTY === true;
  if (isTerminal) terminal.writeError('Password: ');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: isTerminal });
  try {
    const { value } = await lines[Symbol.asyncIterator]().next();
    const password = String(value ?? '');
    if (password.length < passwordLengthMin || password.length > passwordLengthMax)
      throw new UsageError(`a password has ${passwordLengthMin} to ${passwordLengthMax} characters`);
    return password;
  } finally {
    lines.close();
    if (isTerminal) terminal.writeError('\n');
  }
}
