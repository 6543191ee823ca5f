// The machine's clocks.

export { type Clock, type ClockSources, createClock } from '@wattline/program';
