// What an inverter says to its battery each second, and nothing else that it may say: some batteries fall silent or open
// their contactors without it. Pylontech, "CAN bus protocol PYLON low voltage", V1.2.

import type { CanFrame } from '../../device.ts';

export const canKeepAlive: CanFrame = { id: 0x305, data: new Uint8Array(8) };
export const canKeepAliveEveryMs = 1000;

/** Said by inverters only: Growatt's question, the keep-alive, and what a Victron GX or a Sunny Island tells besides. */
export const inverterIds: ReadonlySet<number> = new Set([0x301, 0x305, 0x306, 0x307]);
