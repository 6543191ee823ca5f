// Batteries on CAN: the frames that Pylontech, SMA, Victron and many others have in common, low byte first.
// Pylontech, "CAN bus protocol PYLON low voltage", V1.2; SMA, "FSS-ConnectingBat-TI-en-10".

import { batteryPower, type Computed, type RecordDefinition } from '../../device.ts';
import { flag, gauge, info } from '../../field.ts';
import { asciiIn, type Frames, formatId, inFrame } from '../../frames.ts';
import { i16le, only, u16le, type Where } from '../../where.ts';

export type FrameRecord = RecordDefinition<Frames>;

export const notAvailable = { unsigned: 0xffff, signed: 0x8000 } as const;
const na = notAvailable;

export const percent = (raw: number): number | null => (raw > 100 ? null : raw);

/** Some send what they may discharge as negative; what may be charged is never below 0. */
export const magnitude = (raw: number): number => Math.abs(raw) / 10;
const notNegative = (raw: number): number | null => (raw < 0 ? null : raw / 10);

const chargeVoltage = u16le(0);
function chargeVoltageIn(id: number, frames: Frames): number | undefined {
  const data = frames.get(id);
  return data && chargeVoltage.read(data);
}

/**
 * A charge voltage of 0 is no voltage to charge to: it forbids charging. Only then: that charging is allowed is said by
 * other frames, over which this one has the word.
 */
const forbidden = (id: number): Where<Frames, number> => ({
  text: `${formatId(id)} u16le(0) is 0: no`,
  frame: id,
  present: (frames) => chargeVoltageIn(id, frames) === 0,
  read: () => 0,
});

/** The limits of a frame. */
export const limitsIn = (id: number): FrameRecord => ({
  kind: 'battery',
  about: 'limits',
  fields: {
    battery_charge_voltage_limit: gauge(inFrame(id, chargeVoltage), {
      unit: 'V',
      scale: 0.1,
      na: [0, na.unsigned],
    }),
    charge_allowed: flag(forbidden(id)),
    battery_charge_current_limit: gauge(inFrame(id, i16le(2)), {
      unit: 'A',
      na: na.signed,
      convert: notNegative,
    }),
    battery_discharge_current_limit: gauge(inFrame(id, i16le(4)), {
      unit: 'A',
      na: na.signed,
      convert: magnitude,
    }),
    // Not in the paper, but in what real batteries send.
    battery_discharge_voltage_limit: gauge(inFrame(id, u16le(6)), {
      unit: 'V',
      scale: 0.1,
      na: na.unsigned,
    }),
  },
});

/** @param scale Ah of one step */
export const capacity = (scale: number): FrameRecord => ({
  kind: 'battery',
  about: 'capacity',
  fields: {
    battery_capacity_full: gauge(inFrame(0x354, u16le(0)), { unit: 'Ah', scale, na: na.unsigned }),
    battery_capacity_remaining: gauge(inFrame(0x354, u16le(2)), { unit: 'Ah', scale, na: na.unsigned }),
  },
});

const coarse = u16le(0);
const tail = [u16le(4), u16le(6)] as const;

/** LuxPower puts two cell voltages, mV, where others have a finer state of charge. */
function hasCells(data: Uint8Array | undefined): boolean {
  return data !== undefined && tail.every((where) => isCellVoltage(where.read(data)));
}
const isCellVoltage = (raw: number | undefined): boolean => raw !== undefined && raw >= 2000 && raw <= 4300;

/** In 0.01 %: the finer value where it says the same as the one in %. */
const stateOfCharge: Where<Frames, number | undefined> = {
  text: '0x355 u16le(0) in %, or u16le(4) in 0.01 % where both agree to 1 %',
  frame: 0x355,
  present: (frames) => frames.has(0x355),
  read(frames) {
    const data = frames.get(0x355);
    const whole = data && coarse.read(data);
    if (data === undefined || whole === undefined || whole > 100) return undefined;
    const fine = tail[0].read(data);
    const isFine = fine !== undefined && fine <= 10_000 && Math.abs(fine - whole * 100) <= 100;
    return isFine && !hasCells(data) ? fine : whole * 100;
  },
};

const cellIn = (where: Where<Uint8Array, number | undefined>) =>
  only(inFrame(0x355, where), (frames) => hasCells(frames.get(0x355)), 'both are between 2 and 4.3 V');

export const state: FrameRecord = {
  kind: 'battery',
  about: 'state',
  fields: {
    state_of_charge: gauge(stateOfCharge, { unit: '%', scale: 0.01 }),
    state_of_health: gauge(inFrame(0x355, u16le(2)), { unit: '%', convert: percent }),
    cell_voltage_max: gauge(cellIn(tail[0]), { unit: 'V', scale: 0.001 }),
    cell_voltage_min: gauge(cellIn(tail[1]), { unit: 'V', scale: 0.001 }),
  },
};

const rawVoltage = i16le(0);
/** Of the charge voltage limit, and of the discharge voltage limit where charging is forbidden. */
const plausible = { charge: { from: 0.6, to: 1.2 }, discharge: { from: 0.8, to: 1.8 } } as const;
const dischargeVoltage = u16le(6);
/** Hundredths of a volt in one step: the scales that are in use. */
const voltageSteps = [1, 10] as const;

/** A limit of the voltage, in 0.1 V, and the share of it that a battery has. */
function knownLimit(id: number, frames: Frames) {
  const data = frames.get(id);
  const isKnown = (limit: number | undefined) => limit !== undefined && limit !== 0 && limit !== na.unsigned;
  const charge = data && chargeVoltage.read(data);
  if (charge !== undefined && isKnown(charge)) return { limit: charge, ...plausible.charge };
  // 0 forbids charging and says nothing about the battery.
  const discharge = data && dischargeVoltage.read(data);
  if (discharge !== undefined && isKnown(discharge)) return { limit: discharge, ...plausible.discharge };
  return undefined;
}

/** In 0.01 V. Where no limit says which scale it is, the family's own is taken. */
function voltageIn(
  id: number,
  limitsId: number,
  ownStep: (typeof voltageSteps)[number],
): Where<Frames, number | undefined> {
  return {
    text: `${formatId(id)} i16le(0) in ${ownStep / 100} V, or in what fits the limit in ${formatId(limitsId)}`,
    frame: id,
    present: (frames) => frames.has(id),
    read(frames) {
      const data = frames.get(id);
      const raw = data && rawVoltage.read(data);
      if (raw === undefined || raw >= na.signed) return undefined;
      const known = knownLimit(limitsId, frames);
      if (known === undefined) return raw * ownStep;
      const step = voltageSteps.find((each) => {
        const share = (raw * each) / (known.limit * 10);
        return share >= known.from && share <= known.to;
      });
      return step === undefined ? undefined : raw * step;
    },
  };
}

export const valuesIn = (id: number, limitsId: number, ownStep: 1 | 10): FrameRecord => ({
  kind: 'battery',
  about: 'values',
  fields: {
    battery_voltage: gauge(voltageIn(id, limitsId, ownStep), { unit: 'V', scale: 0.01 }),
    battery_current: gauge(inFrame(id, i16le(2)), { unit: 'A', scale: 0.1, na: na.signed }),
    battery_temperature: gauge(inFrame(id, i16le(4)), { unit: '°C', scale: 0.1, na: na.signed }),
  },
  computed: [batteryPower],
});

export const maker: FrameRecord = {
  kind: 'battery',
  about: 'maker',
  fields: { manufacturer: info(asciiIn(0x35e)) },
};

/** A value that follows from the cells, where their frames are sent. */
export const ofCells = (computed: Computed): Computed => ({
  ...computed,
  from: (values) =>
    Object.keys(values).some((name) => name.startsWith('cell_voltage_') && /\d$/.test(name))
      ? computed.from(values)
      : undefined,
});
