// The tables of Victron's "Extra Manufacturer Data", 2022-12-14 (0x0F and 0xFF01: public sources), as printed: first bit
// of the payload, width, sign, not available, step (or enum, bits, pairs), name, then an offset and the auxiliary mode.

export const victronLayouts: { readonly [record: string]: string } = {
  '0x00': `
    0 30 u 3FFFFFFF 1 uptime
    30 7 u 7F 1 temperature -40`,
  '0x01': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 16 s 7FFF 0.01 battery_voltage
    32 16 s 7FFF 0.1 battery_current
    48 16 u FFFF 0.01 yield_today
    64 16 u FFFF 1 pv_power
    80 9 u 1FF 0.1 load_current`,
  '0x02': `
    0 16 u FFFF 1 time_to_go
    16 16 s 7FFF 0.01 battery_voltage
    32 16 u - bits alarm_reason
    48 16 s 7FFF 0.01 starter_voltage mode=0
    48 16 u FFFF 0.01 midpoint_voltage mode=1
    48 16 u FFFF 0.01 temperature -273.15 mode=2
    64 2 u - enum aux_mode
    66 22 s 1FFFFF,3FFFFF 0.001 battery_current
    88 20 u FFFFF -0.1 consumed_ah
    108 10 u 3FF 0.1 soc`,
  '0x03': `
    0 8 u FF enum device_state
    8 16 u - bits alarm_reason
    24 16 s 7FFF 0.01 battery_voltage
    40 16 u FFFF 1 ac_apparent_power
    56 15 u 7FFF 0.01 ac_voltage
    71 11 u 7FF 0.1 ac_current`,
  '0x04': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 16 u FFFF 0.01 input_voltage
    32 16 s 7FFF 0.01 output_voltage
    48 32 u - bits off_reason`,
  '0x05': `
    0 32 u - bits bms_flags
    32 16 u - bits error_flags
    48 7 u 7F cell cell1
    55 7 u 7F cell cell2
    62 7 u 7F cell cell3
    69 7 u 7F cell cell4
    76 7 u 7F cell cell5
    83 7 u 7F cell cell6
    90 7 u 7F cell cell7
    97 7 u 7F cell cell8
    104 12 u FFF 0.01 battery_voltage
    116 4 u F enum balancer_status
    120 7 u 7F 1 battery_temperature -40`,
  '0x06': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 16 s 7FFF 0.01 battery_voltage
    32 16 s 7FFF 0.1 battery_current
    48 16 u FFFF 1 pv_power
    64 16 u FFFF 0.01 yield_today
    80 16 s 7FFF 1 ac_out_power`,
  '0x07': `
    0 16 u FFFF 0.01 battery_voltage
    16 20 u FFFFF 1 pv_power
    36 7 u 7F 1 soc
    43 21 s 0FFFFF 1 battery_power
    64 21 s 0FFFFF 1 dc_power`,
  '0x08': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 13 u 1FFF 0.01 battery_voltage_1
    29 11 u 7FF 0.1 battery_current_1
    40 13 u 1FFF 0.01 battery_voltage_2
    53 11 u 7FF 0.1 battery_current_2
    64 13 u 1FFF 0.01 battery_voltage_3
    77 11 u 7FF 0.1 battery_current_3
    88 7 u 7F 1 temperature -40
    95 9 u 1FF 0.1 ac_current`,
  '0x09': `
    0 8 u FF enum device_state
    8 8 u FF enum output_state
    16 8 u FF enum error_code
    24 16 u - bits alarm_reason
    40 16 u - bits warning_reason
    56 16 s 7FFF 0.01 input_voltage
    72 16 u FFFF 0.01 output_voltage
    88 32 u - bits off_reason`,
  '0x0A': `
    0 8 u - enum bms_error
    8 16 u FFFF 1 time_to_go
    24 16 s 7FFF 0.01 battery_voltage
    40 16 s 7FFF 0.1 battery_current
    56 16 u - pairs io_status
    72 18 u - pairs warnings_alarms
    90 10 u 3FF 0.1 soc
    100 20 u FFFFF -0.1 consumed_ah
    120 7 u 7F 1 temperature -40`,
  '0x0B': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 16 s 7FFF 0.1 battery_current
    32 14 u 3FFF 0.01 battery_voltage
    46 2 u 3 enum ac_in_active
    48 16 s 7FFF 1 ac_in_power
    64 16 s 7FFF 1 ac_out_power
    80 16 u FFFF 1 pv_power
    96 16 u FFFF 0.01 yield_today`,
  '0x0C': `
    0 8 u FF enum device_state
    8 8 u FF enum vebus_error
    16 16 s 7FFF 0.1 battery_current
    32 14 u 3FFF 0.01 battery_voltage
    46 2 u 3 enum ac_in_active
    48 19 s 3FFFF 1 ac_in_power
    67 19 s 3FFFF 1 ac_out_power
    86 2 u 3 enum alarm
    88 7 u 7F 1 battery_temperature -40
    95 7 u 7F 1 soc`,
  '0x0D': `
    0 16 s - enum meter_type
    16 16 s 7FFF 0.01 battery_voltage
    32 16 u - bits alarm_reason
    48 16 s 7FFF 0.01 starter_voltage mode=0
    48 16 u FFFF 0.01 temperature -273.15 mode=2
    64 2 u - enum aux_mode
    66 22 s 1FFFFF,3FFFFF 0.001 battery_current`,
  '0x0F': `
    0 8 u FF enum device_state
    8 8 u FF enum charger_error
    16 16 u FFFF 0.01 output_voltage
    32 16 u FFFF 0.1 output_current
    48 16 u FFFF 0.01 input_voltage
    64 16 u FFFF 0.1 input_current
    80 32 u - bits off_reason`,
  '0xFF01': `
    0 32 u - bits error_flags
    32 8 u FF enum charger_error
    40 20 u FFFFF 1 installation_power
    60 20 u FFFFF 0.01 yield_today
    80 14 u 3FFF 0.1 irradiance
    94 11 u 7FF 0.1 cell_temperature -60
    106 8 u FF 0.01 battery_voltage 1.7
    114 1 u - tx tx_power
    115 7 u 7F sun time_since_sun`,
};

/** Natural payload bytes, section "Record types" of the same sheet; the last byte's unused bits are sent as 1. */
export const naturalBytes: { readonly [record: string]: number } = {
  '0x00': 5,
  '0x01': 12,
  '0x02': 15,
  '0x03': 11,
  '0x04': 10,
  '0x05': 16,
  '0x06': 12,
  '0x07': 11,
  '0x08': 13,
  '0x09': 15,
  '0x0A': 16,
  '0x0B': 14,
  '0x0C': 13,
  '0x0D': 11,
  '0x0F': 14,
  '0xFF01': 16,
};
