// A program whose only command is the hidden one, as the agent's main file runs it.

import { runRadioChild } from '../src/transports/radio-child.ts';
import { radioChildArgument } from '../src/transports/watched-radio.ts';

// A fault: it has the processor and hears of nothing any more.
process.on('SIGUSR2', () => {
  for (;;);
});
if (process.argv[2] === radioChildArgument) runRadioChild();
