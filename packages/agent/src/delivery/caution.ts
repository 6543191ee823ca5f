// Which topic makes the broker hang up. A broker without MQTT 5 has no other way to refuse one, and it would take
// every other reading with it: after such an end messages go singly, and a topic on which the broker ended three
// connections in a row is named. Pure.

const strikesMax = 3;

export interface Caution {
  /** How many may be unconfirmed now, of as many as the connection allows. */
  limit(window: number): number;
  confirmed(topic: string): void;
  /** The broker ended a connection on which these were unconfirmed. Names the topic that is to blame, if one is. */
  ended(topics: readonly string[]): string | undefined;
}

export function createCaution(): Caution {
  let allowed = Number.POSITIVE_INFINITY;
  let suspect: string | undefined;
  let strikes = 0;
  return {
    limit: (window) => Math.min(window, allowed),
    confirmed(topic) {
      allowed *= 2;
      if (topic === suspect) strikes = 0;
    },
    ended(topics) {
      const [topic, ...others] = topics;
      if (topic === undefined) return undefined;
      allowed = 1;
      if (others.length > 0) return undefined;
      strikes = topic === suspect ? strikes + 1 : 1;
      suspect = topic;
      if (strikes < strikesMax) return undefined;
      strikes = 0;
      return topic;
    },
  };
}
