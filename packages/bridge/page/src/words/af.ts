// Afrikaans, begun; what is missing falls back to English.

import type { Language } from './en.ts';

export const af: Language = {
  overview: 'Oorsig',
  devices: 'Toestelle',
  back: 'Oorsig',
  live: 'Regstreeks',
  power_now: 'Drywing nou',
  supply: 'Toevoer',
  consumption: 'Verbruik',
  sun: 'Son',
  battery: 'Battery',
  load: 'Laste',
  supplying: 'lewer',
  charging: 'laai',
  discharging: 'ontlaai',
  using: 'verbruik',
  off: 'af',
  soc: 'Laaivlak',
  today: 'Vandag',
  yield: 'Opbrengs',
  attention: 'Verg aandag',
  fresh: 'Vars',
  sleeping: 'Slaap',
  late: 'Laat',
  lost: 'Verlore',
  every: 'elke {x}',
  ago: '{x} gelede',
  next_due: 'volgende {x}',
  on_agent: '{x} op agent',
  since: 'sedert {x}',
};
