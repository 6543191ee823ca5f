// A serial CAN adapter that speaks slcan: it passes frames on while its channel is open at the bit rate of the bus, and keeps
// what else it was sent: anything more could go out on the bus. Lawicel, "CAN232 manual".

export interface SlcanAdapter {
  /** Takes bytes of the host however they are cut; returns what it answers to each command. */
  receive(bytes: Uint8Array): Uint8Array[];
  /** It hears the bus. */
  isListening(): boolean;
  /** Lines that are no setting, opening or closing. */
  readonly strange: readonly string[];
}

const done = Buffer.from('\r');
const refused = Buffer.from('\x07');

/** @param speed of the bus, as the command S counts: 6 is 500 kbit/s */
export function createSlcanAdapter(speed = 6): SlcanAdapter {
  let received = '';
  let chosen: number | undefined;
  let isOpen = false;
  const strange: string[] = [];
  const answer = (line: string): Uint8Array => {
    if (line === '') return done;
    if (line === 'C') {
      isOpen = false;
      return done;
    }
    const wanted = /^S([0-8])$/.exec(line)?.[1];
    if (wanted !== undefined && !isOpen) {
      chosen = Number(wanted);
      return done;
    }
    if (line === 'L' && chosen !== undefined && !isOpen) {
      isOpen = true;
      return done;
    }
    strange.push(line);
    return refused;
  };
  return {
    strange,
    isListening: () => isOpen && chosen === speed,
    receive(bytes) {
      received += Buffer.from(bytes).toString('latin1');
      const lines = received.split('\r');
      received = lines.pop() ?? '';
      return lines.map(answer);
    },
  };
}
