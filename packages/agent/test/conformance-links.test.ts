import { shareLink } from '../src/transports/shared-link.ts';
import { childGattRig, inProcessGattRig } from './gatt-rigs.ts';
import { hidRig } from './hid-rigs.ts';
import { describeLink, type LinkRig } from './link-conformance.ts';
import { replayLinkRig } from './replay-rigs.ts';
import { ptyProgramsHere, serialRig } from './virtual-serial-rig.ts';

/** Beside another reader, who takes everything too. */
const shared = (open: () => Promise<LinkRig>) => async (): Promise<LinkRig> => {
  const rig = await open();
  const raw = shareLink(rig.raw);
  return {
    ...rig,
    raw,
    async connect(chunks) {
      const beside = await raw(new AbortController().signal);
      const link = await raw(new AbortController().signal);
      rig.say?.(chunks);
      return {
        ...link,
        async close() {
          await link.close();
          await beside.close();
        },
      };
    },
  };
};

const programs = await ptyProgramsHere();
for (const program of programs) describeLink(`a serial line made by ${program}`, serialRig(program));
for (const program of programs.slice(0, 1))
  describeLink('a serial line that is shared', shared(serialRig(program)));
describeLink('a recording', replayLinkRig);
describeLink('a Bluetooth connection', inProcessGattRig);
describeLink('a Bluetooth connection of a process of its own', childGattRig);
describeLink('a HID device', hidRig);
