// What solar controllers of the SRNE kind (also LiTime, HQST, Renogy) call the stages of charging and the types
// of battery that are set.

import type { Codes } from '../field.ts';

export const controllerChargeStates: Codes = {
  0: 'off',
  1: 'activated',
  2: 'bulk',
  3: 'equalize',
  4: 'absorption',
  5: 'float',
  6: 'current_limited',
  8: 'direct',
};

/** Open batteries are the flooded ones. */
export const controllerBatteryTypes: Codes = {
  // What DC-DC chargers of the same map send for their own values; controllers send 5.
  0: 'user',
  1: 'flooded',
  2: 'sealed',
  3: 'gel',
  4: 'lithium',
  5: 'user',
};
