// The list of devices. Adding one is its file, its vectors and one line here.

import type { DeviceDefinition } from '../device.ts';
import { canBatteries } from './can-battery/index.ts';
import { jbd } from './jbd/index.ts';
import { litimeMppt } from './litime-mppt.ts';
import { renogyController } from './renogy-controller.ts';
import { vedirectHex } from './vedirect-hex/index.ts';
import { vedirectText } from './vedirect-text/index.ts';
import { victronBle } from './victron-ble/index.ts';
import { victronGatt } from './victron-gatt.ts';
import { voltronicBle } from './voltronic-ble.ts';
import { voltronicPi18 } from './voltronic-pi18/index.ts';
import { voltronicPi30 } from './voltronic-pi30/index.ts';

export const definitions: readonly DeviceDefinition[] = [
  victronBle,
  vedirectText,
  vedirectHex,
  victronGatt,
  jbd,
  litimeMppt,
  ...canBatteries,
  voltronicPi30,
  renogyController,
  voltronicPi18,
  voltronicBle,
];

/** The family of this id, which must be one of the list: what people write is checked before. */
export function familyOf(id: string): DeviceDefinition {
  const family = definitions.find((each) => each.id === id);
  if (family === undefined) throw new Error(`the catalogue lacks ${id}`);
  return family;
}
