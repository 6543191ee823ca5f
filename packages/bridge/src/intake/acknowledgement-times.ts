// How long senders wait until their messages are durable, as a histogram of Prometheus. Counted here: an observation of
// prom-client makes a name of its bucket and of its labels, for every message.

export interface AcknowledgementTimes {
  add(waitedMs: number): void;
  /** In the text format of a scrape. */
  text(): string;
}

const name = 'wattline_acknowledgement_seconds';
const help = 'From the receipt of a message until it is durable and may be acknowledged';
const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5];

export function createAcknowledgementTimes(): AcknowledgementTimes {
  /** Of each bound those above the one before; at the end those above all. */
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    add: (waitedMs) => {
      const seconds = waitedMs / 1000;
      let bucket = 0;
      while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket++;
      counts[bucket] = (counts[bucket] as number) + 1;
      sum += seconds;
    },
    text: () => {
      let count = 0;
      const buckets = [...bounds, '+Inf'].map((bound, index) => {
        count += counts[index] as number;
        return `${name}_bucket{le="${bound}"} ${count}`;
      });
      const head = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
      return `${[...head, ...buckets, `${name}_sum ${sum}`, `${name}_count ${count}`].join('\n')}\n`;
    },
  };
}
