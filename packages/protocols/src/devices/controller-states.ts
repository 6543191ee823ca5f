// What solar controllers of the SRNE kind (also LiTime, HQST, Renogy) call the stages of charging.

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
