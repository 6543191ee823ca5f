// Listening beyond this machine needs users: whoever could reach broker or page would else be able to use them.

import { isLoopback } from '@wattline/program';
import { publishingRoles } from '../broker/rights.ts';
import type { BridgeConfiguration } from '../config/configuration.ts';
import { hasRole } from './users.ts';
import { type Role, readUsers, type User, usersFile } from './users-file.ts';

const viewingRoles: readonly Role[] = ['viewer', 'admin'];

/** What stands open to other machines though nobody could sign in there; empty: nothing. */
export function exposures(configuration: BridgeConfiguration): readonly string[] {
  const { broker, web, store, allowsAnonymous } = configuration;
  if (allowsAnonymous) return [];
  const users = readUsers(usersFile(store.path));
  return [
    ...(broker.is === 'embedded' ? explain('broker', broker, users, publishingRoles, 'agent') : []),
    ...explain('web', web, users, viewingRoles, 'viewer'),
  ];
}

function explain(
  part: 'broker' | 'web',
  { host, port }: { readonly host: string; readonly port: number },
  users: readonly User[],
  wanted: readonly Role[],
  role: Role,
): string[] {
  if (isLoopback(host) || hasRole(users, wanted)) return [];
  return [
    `${part}.listen: other machines can reach ${host}:${port}, and there is no user who may sign in there. ` +
      `Make one with: wattline-bridge user add NAME --${role} (also --admin), ` +
      'listen on 127.0.0.1, or say allow_anonymous: true at the top level',
  ];
}
