import { describeLink } from './link-conformance.ts';
import { replayLinkRig } from './replay-rigs.ts';
import { ptyProgramsHere, serialRig } from './virtual-serial-rig.ts';

for (const program of await ptyProgramsHere())
  describeLink(`a serial line made by ${program}`, serialRig(program));
describeLink('a recording', replayLinkRig);
