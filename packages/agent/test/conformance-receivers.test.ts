import { childRig, inProcessRig } from './bluetooth-rigs.ts';
import { describeReceiver } from './receiver-conformance.ts';
import { replayReceiverRig } from './replay-rigs.ts';

describeReceiver('Bluetooth in this process', inProcessRig);
describeReceiver('Bluetooth in a process of its own', childRig, { recovers: true });
describeReceiver('a recording', replayReceiverRig);
