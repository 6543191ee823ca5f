// Who is connected to the embedded broker, and with which rights: the hook of aedes that admits.

import type { Socket } from 'node:net';
import type { AedesOptions, Client } from 'aedes';
import type { Intake } from '../intake/intake.ts';
import { isLoopbackAddress } from '../web/addresses.ts';
import { type Admission, type Gate, refusalCodes } from './gate.ts';
import { type Refusals, RefusedError } from './refusals.ts';
import { everything, type Rights } from './rights.ts';
import type { Roster } from './roster.ts';

export interface Clients {
  readonly authenticate: Required<AedesOptions>['authenticate'];
  /** Of a client that is gone (a will after a crash): everything, it was judged when it came. */
  rightsOf(client: Client | null): Rights;
  /** Its user, or what it calls itself. */
  nameOf(client: Client | null): string;
  isAdmitted(socket: Socket): boolean;
  /** Ends connections whose user is gone or has another password or role. */
  endInvalid(): void;
}

interface AdmissionOptions {
  readonly gate: Gate;
  readonly intake: Pick<Intake, 'hasRoom'>;
  readonly willOf: (client: Client) => string | undefined;
  readonly isReadingTopic: (topic: string) => boolean;
  readonly refusals: Refusals;
  readonly roster: Pick<Roster, 'came' | 'left'>;
}

type Admitted = Extract<Admission, { is: 'admitted' }>;

export function createClients(options: AdmissionOptions): Clients {
  const admissions = new WeakMap<Client, Admitted>();
  const bySocket = new Map<Socket, Client>();
  const holders = new Map<string, Client>();
  const holderOf = (id: string): Admitted | undefined => {
    const holder = holders.get(id);
    return holder === undefined ? undefined : admissions.get(holder);
  };
  const enter = (client: Client, socket: Socket, admission: Admitted): void => {
    admissions.set(client, admission);
    bySocket.set(socket, client);
    holders.set(client.id, client);
    const { user } = admission;
    options.roster.came(client, user === undefined ? {} : { user: user.name, role: user.role });
    socket.once('close', () => {
      bySocket.delete(socket);
      options.roster.left(client);
      if (holders.get(client.id) === client) holders.delete(client.id);
    });
  };
  return {
    authenticate: (client, username, password, done) => {
      const socket = client.conn as Socket;
      const attempt = { client, username, password: password?.toString() ?? '', socket };
      judge(options, attempt, holderOf).then((admission) => {
        if (admission.is === 'admitted') {
          enter(client, socket, admission);
          return done(null, true);
        }
        const { code, why } = admission;
        const who = username === undefined ? 'without a user' : `as ${username}`;
        const text = `client ${client.id} ${who} from ${socket.remoteAddress ?? 'nowhere'} is refused: ${why}`;
        options.refusals.refuse('sign_in', `${username ?? ''} ${code}`, text);
        done(Object.assign(new RefusedError(why), { returnCode: code }), null);
      });
    },
    rightsOf: (client) => (client === null ? everything : (admissions.get(client)?.rights ?? nothing)),
    nameOf: (client) => {
      const user = client === null ? undefined : admissions.get(client)?.user;
      return user === undefined ? `client ${client?.id}` : `user ${user.name}`;
    },
    isAdmitted: (socket) => bySocket.has(socket),
    endInvalid: () => {
      for (const client of [...bySocket.values()]) if (!admissions.get(client)?.isValid()) client.close();
    },
  };
}

interface Attempt {
  readonly client: Client;
  readonly username: string | undefined;
  readonly password: string;
  readonly socket: Socket;
}

async function judge(
  { gate, intake, willOf, isReadingTopic }: AdmissionOptions,
  { client, username, password, socket }: Attempt,
  holderOf: (id: string) => Admitted | undefined,
): Promise<Admission> {
  // Those that came again while the disk refuses would bring the same once more.
  if (!intake.hasRoom()) return refused('serverUnavailable', 'the store takes nothing');
  const { remoteAddress } = socket;
  const isLocal = remoteAddress !== undefined && isLoopbackAddress(remoteAddress);
  const admission = await gate.admit(username, password, isLocal ? undefined : remoteAddress);
  if (admission.is === 'refused') return admission;
  const holder = holderOf(client.id);
  // The same id throws the other connection out; who is somebody else may not do that.
  if (holder !== undefined && holder.user?.name !== admission.user?.name)
    return refused('identifierRejected', 'another user is connected with this client id');
  const will = willOf(client);
  if (will !== undefined && !admission.rights.mayPublish(will, isReadingTopic(will)))
    return refused('notAuthorized', `its will on ${will} is not this user's to publish`);
  return admission;
}

const nothing: Rights = { mayPublish: () => false, mayRead: () => false, onlyAgent: '' };

const refused = (code: keyof typeof refusalCodes, why: string): Admission => ({
  is: 'refused',
  code: refusalCodes[code],
  why,
});
