import { childRig, inProcessRig } from './bluetooth-rigs.ts';
import { serialBusRig, socketCanRig } from './can-rigs.ts';
import { describeReceiver } from './receiver-conformance.ts';
import { replayReceiverRig } from './replay-rigs.ts';

describeReceiver('Bluetooth in this process', () => inProcessRig());
describeReceiver('Bluetooth in a process of its own', childRig, { recovers: true });
describeReceiver('a recording', replayReceiverRig);
describeReceiver('a CAN bus behind a USB-CAN-A', serialBusRig('usb-can-a'), { isBus: true });
describeReceiver('a CAN bus behind an slcan adapter', serialBusRig('slcan'), { isBus: true });
describeReceiver('a CAN interface of the kernel', socketCanRig, { isBus: true });
