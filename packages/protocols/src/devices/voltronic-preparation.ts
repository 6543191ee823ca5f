// Voltronic inverters: what is done before one can be read by cable.

export const voltronicPreparation: readonly string[] = [
  'One program reads an inverter, over one of its sockets: a second one on the same device gets the answers of the first, and USB used together with RS232, the Wi-Fi dongle or the remote panel can lock up the communication board until the inverter is switched off.',
  'RS232: real RS232 levels, pin 1 sends, 2 receives, 8 is ground. Pin 4 or 7 carries 12 V on many models and stays unconnected.',
  'USB: the agent must be allowed to open the hidraw device of 0665:5161. Two inverters of one model look the same by USB: only the socket they are plugged into tells them apart.',
  'Any unit of a parallel system tells of all: the others become devices of their own, `<name>_unit_<n>`. Where each has its own cable, say `units: own` for each, or every unit counts several times.',
  'Some units stop answering without sun and grid, and answer again in the morning.',
];
