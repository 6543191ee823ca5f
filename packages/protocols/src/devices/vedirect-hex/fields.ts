// Registers of VE.Direct HEX that several products have: what each means, once.

import { flags, gauge, state } from '../../field.ts';
import {
  victronAlarmReasons,
  victronErrors,
  victronModes,
  victronOffReasons,
  victronStates,
} from '../victron-codes.ts';
import { either, signed, times, unsigned } from './places.ts';

export const mode = state(unsigned(0x0200), victronModes);
export const deviceState = state(unsigned(0x0201), victronStates);
export const offReasons = flags(unsigned(0x0207), victronOffReasons);
export const warningReasons = flags(unsigned(0x031c), victronAlarmReasons, { problem: true });
export const alarmReasons = flags(unsigned(0x031e), victronAlarmReasons, { problem: true });
export const chargerError = state(unsigned(0xedda), victronErrors, { problem: true });

/** Terminals of the battery; a DC converter's output. */
export const voltage = gauge(signed(0xed8d), { unit: 'V', scale: 0.01 });
const finest = { unit: 'A', scale: 0.001 } as const;
export const current = gauge(either(signed(0xed8c), times(signed(0xed8f), 100)), finest);

export const chargerVoltage = gauge(either(signed(0xed8d), unsigned(0xedd5)), { unit: 'V', scale: 0.01 });
/** The last resort, the charger's own current, counts what goes to the load too. */
const ofCharger = [signed(0x200a), times(signed(0xed8f), 100), times(unsigned(0xedd7), 100)];
export const solarCurrent = gauge(either(...ofCharger), finest);
export const chargerCurrent = gauge(either(signed(0xed8c), ...ofCharger), finest);

export const internalTemperature = gauge(signed(0xeddb), { unit: '°C', scale: 0.01 });
export const batteryTemperature = gauge(unsigned(0xedec), { unit: '°C', scale: 0.01, offset: -273.15 });
