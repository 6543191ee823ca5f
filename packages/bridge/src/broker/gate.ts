// Who is let in to the embedded broker, and with which rights.

import type { SignIn, Users } from '../users/users.ts';
import type { User } from '../users/users-file.ts';
import { everything, type Rights, rightsOf } from './rights.ts';

/** Return codes of CONNACK, MQTT 3.1.1, 3.2.2.3. */
export const refusalCodes = {
  identifierRejected: 2,
  serverUnavailable: 3,
  badUserOrPassword: 4,
  notAuthorized: 5,
} as const;
type RefusalCode = (typeof refusalCodes)[keyof typeof refusalCodes];

export type Admission =
  | { readonly is: 'admitted'; readonly rights: Rights; readonly user?: User; isValid(): boolean }
  | { readonly is: 'refused'; readonly code: RefusalCode; readonly why: string };

export interface Gate {
  /** @param address of the other end; `undefined`: on this machine */
  admit(username: string | undefined, password: string, address: string | undefined): Promise<Admission>;
  /** Calls back when somebody who was admitted may be no more. */
  onChange(listener: () => void): void;
}

/** @param allowsAnonymous whether one may come without a name: only this machine reaches the broker, or it was said so */
export function createGate(
  users: Pick<Users, 'find' | 'signIn' | 'onChange'>,
  allowsAnonymous: boolean,
): Gate {
  return {
    admit: async (username, password, address) => {
      if (username === undefined) {
        if (allowsAnonymous) return { is: 'admitted', rights: everything, isValid: () => true };
        const why = 'it names no user, and other machines can reach this broker (wattline-bridge user add)';
        return { is: 'refused', code: refusalCodes.notAuthorized, why };
      }
      const signIn = await users.signIn(username, password, address);
      if (signIn.is !== 'known') return refusalOf(signIn);
      const { user } = signIn;
      const isValid = (): boolean => {
        const now = users.find(user.name);
        return now?.hash === user.hash && now.role === user.role;
      };
      return { is: 'admitted', rights: rightsOf(user), user, isValid };
    },
    onChange: users.onChange,
  };
}

const refusalOf = (signIn: Exclude<SignIn, { is: 'known' }>): Admission =>
  signIn.is === 'later'
    ? {
        is: 'refused',
        code: refusalCodes.serverUnavailable,
        why: `too many wrong passwords came from there; next try in ${signIn.seconds} s`,
      }
    : { is: 'refused', code: refusalCodes.badUserOrPassword, why: 'no such user, or another password' };
