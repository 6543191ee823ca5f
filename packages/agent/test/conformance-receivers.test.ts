import { inProcessRig } from './bluetooth-rigs.ts';
import { describeReceiver } from './receiver-conformance.ts';

describeReceiver('Bluetooth in this process', inProcessRig);
