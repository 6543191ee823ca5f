// What runs in the VM, as few files: the emulated machine takes seconds to open the hundreds of the sources.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { products } from '../../package/products.ts';

/** Output name → source. */
const sources = {
  agent: 'packages/agent/src/main.ts',
  'radio-process': 'scripts/test/vm/guest/radio-process.ts',
  hidraw: 'scripts/test/vm/guest/hidraw.guest.ts',
  'hid-process': 'scripts/test/vm/guest/hid-process.ts',
  hotplug: 'scripts/test/vm/guest/hotplug.guest.ts',
  vcan: 'scripts/test/vm/guest/vcan.guest.ts',
  bonding: 'scripts/test/vm/guest/bonding.guest.ts',
  'user-channel': 'scripts/test/vm/guest/user-channel.guest.ts',
};
export type GuestProgram = keyof typeof sources;

export interface GuestPrograms {
  readonly folder: string;
  remove(): void;
}

/** @param root the repository; the folder is where the agent's libraries with binary parts are found */
export async function bundleGuestPrograms(root: string): Promise<GuestPrograms> {
  const folder = mkdtempSync(join(root, 'packages/agent/node_modules/.vm-'));
  // The agent runs there as an ordinary user.
  chmodSync(folder, 0o755);
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    external: products.flatMap(({ external }) => external),
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
