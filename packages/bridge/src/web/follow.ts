// Counts that the bridge keeps anyway, as metrics.

import { Counter, Gauge, type Registry } from 'prom-client';

type Labels = { readonly [label: string]: string };
type Read = () => readonly (readonly [labels: Labels, value: number])[];

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Values that are kept elsewhere, as a metric; `total` in the name: they only grow. */
export function follow(register: Registry, { name, help, labels = [] }: Described, read: Read): void {
  const about = { name: `wattline_${name}`, help, labelNames: labels, registers: [register] };
  if (name.endsWith('_total')) {
    new Counter({
      ...about,
      collect() {
        this.reset();
        for (const [labelled, value] of read()) this.inc(labelled, value);
      },
    });
  } else {
    new Gauge({
      ...about,
      collect() {
        this.reset();
        for (const [labelled, value] of read()) this.set(labelled, value);
      },
    });
  }
}
