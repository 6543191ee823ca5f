// The families of a soak that are reached by a cable.

import { definitions } from '@wattline/protocols';
import { createAxpert } from '../../simulator/src/devices/axpert.ts';
import { createInfiniSolar } from '../../simulator/src/devices/infinisolar.ts';
import { createHexPort } from '../../simulator/src/devices/vedirect-hex.ts';
import { encodeTextBlocks } from '../../simulator/src/site/encode.ts';
import { axpertStamps, axpertState, jbdBoard, jbdStamps } from './soak-air.ts';
import { big, type Kind, type Made, type Making, stamp } from './soak-kinds.ts';

const serial = '92931701100510';

function jbd({ ticks, pipe }: Making): Made {
  const board = jbdBoard(ticks);
  return { by: pipe(board.receive), strange: board.strange };
}

function axpert({ ticks, pipe }: Making): Made {
  const unit = createAxpert({ serial, state: () => axpertState(ticks) });
  return { by: pipe(unit.receive), strange: unit.strange };
}
const pi30Stamps = [...axpertStamps, stamp('pv_voltage', 10, 9000)];

function infiniSolar({ ticks, pipe }: Making): Made {
  // Its line has three digits for each.
  const state = () => ({
    ...axpertState(ticks),
    ...{ batteryVoltage: ticks(900) / 10, batteryCurrent: -ticks(900) },
  });
  const unit = createInfiniSolar({ serial, state });
  return { by: pipe(unit.receive), strange: unit.strange };
}

const textFields =
  definitions.find(({ id }) => id === 'vedirect-text')?.records['solar_charger']?.fields ?? {};
const chargerStamps = [
  stamp('battery_voltage', 100, 60_000),
  stamp('pv_voltage', 100, 60_000),
  stamp('pv_power', 1, 60_000),
  stamp('pv_energy_total', 0.1, big),
];
/** A label is shown for 10 s, in case its block is damaged while the other one comes; and a block comes in two pieces. */
const textMs = 10_500;

/** Text, and answers and registers unasked in the midst of it. */
function vedirect({ ticks, random, pipe }: Making): Made {
  const shown = () => ({
    ...{ product_code: '0xA053', serial_number: 'HQ2132WATTL', charge_state: 'bulk' },
    ...{ battery_voltage: ticks(60_000) / 100, battery_current: 4.5, device_temperature: 31.25 },
    ...{ pv_voltage: ticks(60_000) / 100, pv_power: ticks(60_000), pv_energy_total: 10 * ticks(big) },
  });
  const hex = createHexPort(shown);
  let rest = new Uint8Array();
  const says = (): Uint8Array[] => {
    const text = rest.length > 0 ? rest : Buffer.concat(encodeTextBlocks(textFields, shown()));
    if (rest.length > 0) {
      rest = new Uint8Array();
      return [...hex.unasked(), text];
    }
    const cut = 1 + random.below(text.length - 1);
    rest = text.slice(cut);
    return [text.subarray(0, cut)];
  };
  return { by: { ...pipe(hex.receive), says }, strange: hex.strange };
}

export const kindsOnCable: { readonly [name: string]: Kind } = {
  'jbd-cable': { definition: 'jbd', stamps: jbdStamps, make: jbd },
  'axpert-cable': { definition: 'voltronic-pi30', stamps: pi30Stamps, make: axpert },
  'axpert-usb': { definition: 'voltronic-pi30', medium: 'hid', stamps: pi30Stamps, make: axpert },
  infinisolar: {
    ...{ definition: 'voltronic-pi18', make: infiniSolar },
    stamps: [
      stamp('battery_voltage', 10, 900),
      stamp('battery_discharge_current', 1, 900),
      stamp('ac_output_voltage', 10, 9000),
      stamp('pv_voltage_1', 10, 9000),
    ],
  },
  'charger-text': {
    ...{ definition: 'vedirect-text', stamps: chargerStamps, apartMs: textMs, make: vedirect },
    besides: {
      'charger-hex': { definition: 'vedirect-hex', stamps: chargerStamps },
    },
  },
};
