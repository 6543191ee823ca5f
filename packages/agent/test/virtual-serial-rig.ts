// A virtual serial line as a rig for the links.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ptyPrograms } from '../../simulator/src/serial/pty-relay.ts';
import {
  NoPseudoTerminal,
  openVirtualSerial,
  type VirtualSerial,
} from '../../simulator/src/serial/virtual-serial.ts';
import { hasAllNeeds } from '../../simulator/src/services/needs.ts';
import { serialLink } from '../src/transports/serial-link.ts';
import type { LinkRig } from './link-conformance.ts';

/** Which programs make pseudo terminals here; none: the tests are skipped, but in CI they fail. */
export async function ptyProgramsHere(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-pty-'));
  const works: string[] = [];
  for (const { command } of ptyPrograms('')) {
    const path = join(folder, command);
    try {
      const line = await openVirtualSerial(path, undefined, programsNamed(command, path));
      await line.close();
      works.push(command);
    } catch (error) {
      if (!(error instanceof NoPseudoTerminal)) throw error;
    }
  }
  rmSync(folder, { recursive: true });
  hasAllNeeds(works.length > 0 ? undefined : 'serial lines need: sudo apt install socat', process.env);
  return works;
}

const programsNamed = (name: string, path: string) =>
  ptyPrograms(path).filter(({ command }) => command === name);

export const serialRig = (program: string) => async (): Promise<LinkRig> => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-serial-'));
  const path = join(folder, 'by-id', 'usb-VictronEnergy_BV_VE_Direct_cable-if00-port0');
  const answers = new Map<string, Uint8Array>();
  let got = Buffer.alloc(0);
  let gotMore = (): void => {};
  const plugIn = (): Promise<VirtualSerial> =>
    openVirtualSerial(
      path,
      (bytes) => {
        got = Buffer.concat([got, bytes]);
        const answer = answers.get(got.toString());
        if (answer) line.write(answer);
        gotMore();
      },
      programsNamed(program, path),
    );
  let line = await plugIn();
  const raw = serialLink({ path, baudRate: 19_200 });
  return {
    raw,
    say: (chunks) => line.write(Buffer.concat(chunks)),
    async connect(chunks) {
      const link = await raw(new AbortController().signal);
      line.write(Buffer.concat(chunks));
      return link;
    },
    async received(count) {
      while (got.length < count) {
        await new Promise<void>((resolve) => {
          gotMore = resolve;
        });
      }
      return got;
    },
    answer: (question, answer) => answers.set(question.toString(), answer),
    unplug: () => line.close(),
    async plugIn() {
      line = await plugIn();
    },
    async close() {
      await line.close();
      rmSync(folder, { recursive: true });
    },
  };
};
