// A program whose only command is the hidden one, as the agent's main file runs it.

import { runRadioChild } from '../src/transports/radio-child.ts';
import { radioChildArgument } from '../src/transports/watched-radio.ts';

if (process.argv[2] === radioChildArgument) runRadioChild();
