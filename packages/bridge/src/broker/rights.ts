// Who may publish and read what at the embedded broker.

import { agentStateTopic, stayAwakeTopic } from '@wattline/protocols';
import { matchesTopic } from '../ingest/topics.ts';
import type { Role, User } from '../users/users-file.ts';

/** Announcements for Home Assistant, and the word with which it asks for them. */
const discoveryFilters = ['homeassistant/+/+/config', 'homeassistant/+/+/+/config'];
const homeAssistantStatus = 'homeassistant/status';

export interface Rights {
  /** @param isReading whether messages of the topic go into the log as readings */
  mayPublish(topic: string, isReading: boolean): boolean;
  mayRead(filter: string): boolean;
  /** The only `_agent` that readings may name; empty: none. `undefined`: any. */
  readonly onlyAgent: string | undefined;
}

/** Of whoever needs no user here. */
export const everything: Rights = { mayPublish: () => true, mayRead: () => true, onlyAgent: undefined };

const isDiscovery = (topic: string): boolean =>
  discoveryFilters.some((filter) => matchesTopic(filter, topic));

const rightsOfRole: { readonly [role in Role]: (name: string) => Rights } = {
  agent: (name) => {
    const own = [agentStateTopic(name), stayAwakeTopic(name)];
    return {
      mayPublish: (topic, isReading) => isReading || own.includes(topic) || isDiscovery(topic),
      mayRead: (filter) => own.includes(filter) || filter === homeAssistantStatus,
      onlyAgent: name,
    };
  },
  publisher: () => ({
    mayPublish: (topic, isReading) => isReading || isDiscovery(topic),
    mayRead: (filter) => filter === homeAssistantStatus,
    onlyAgent: '',
  }),
  viewer: () => ({
    mayPublish: (topic) => topic === homeAssistantStatus,
    mayRead: () => true,
    onlyAgent: '',
  }),
  admin: () => everything,
};

export const rightsOf = ({ role, name }: User): Rights => rightsOfRole[role](name);

/** Roles that bring readings. */
export const publishingRoles: readonly Role[] = ['agent', 'publisher', 'admin'];
