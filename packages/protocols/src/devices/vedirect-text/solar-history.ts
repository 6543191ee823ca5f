// Yield counters in VE.Direct text, the same of MPPT and RS. "VE.Direct Protocol", 3.34.

import { counter, type Fields, gauge } from '../../field.ts';
import type { Block } from '../../framing/vedirect-text.ts';
import { decimal } from './labels.ts';

export const solarHistory: Fields<Block> = {
  pv_energy_total: counter(decimal('H19'), { unit: 'Wh', scale: 10 }),
  // Set to 0 in the charger's own night, not at midnight.
  pv_energy_today: counter(decimal('H20'), { unit: 'Wh', scale: 10 }),
  pv_power_max_today: gauge(decimal('H21'), { unit: 'W' }),
  pv_energy_yesterday: gauge(decimal('H22'), { unit: 'Wh', scale: 10 }),
  pv_power_max_yesterday: gauge(decimal('H23'), { unit: 'W' }),
  day_number: gauge(decimal('HSDS'), {}),
};
