// JBD, register 04: a word for each cell, as many as the answer holds.

import type { RecordDefinition } from '../../device.ts';
import { each, gauge } from '../../field.ts';
import { readJbd } from '../../framing/jbd.ts';
import { ifLongEnough, u16be } from '../../where.ts';
import { cellVoltageDifference, cellVoltageMax, cellVoltageMin } from '../cells.ts';

const cellsMax = 32;

export const cells: RecordDefinition<Uint8Array> = {
  kind: 'battery',
  about: 'register 04',
  asked: readJbd(0x04),
  fields: each(cellsMax, (index) => [
    `cell_voltage_${index + 1}`,
    gauge(ifLongEnough(u16be(2 * index), `cell ${index + 1} is there`), { unit: 'V', scale: 0.001 }),
  ]),
  computed: [cellVoltageMin, cellVoltageMax, cellVoltageDifference],
};
