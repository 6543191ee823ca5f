import { describeLink } from './link-conformance.ts';
import { ptyProgramsHere, serialRig } from './virtual-serial-rig.ts';

for (const program of await ptyProgramsHere())
  describeLink(`a serial line made by ${program}`, serialRig(program));
