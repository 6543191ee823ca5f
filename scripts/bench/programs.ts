// The two programs as they are shipped, built once for all measurements.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { products } from '../package/products.ts';
import { makeHome } from '../package/tree.ts';

export interface Programs {
  /** Launcher of each program, as installed. */
  readonly agent: string;
  readonly bridge: string;
}

export async function buildPrograms(root: string, folder: string): Promise<Programs> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const paths = new Map<string, string>();
  for (const product of products) {
    const home = join(folder, product.name);
    mkdirSync(home, { recursive: true });
    await makeHome({ root, version: '0.0.0', epoch: 0, architecture }, product, home);
    paths.set(product.name, join(home, product.name));
  }
  return { agent: paths.get('wattline-agent') ?? '', bridge: paths.get('wattline-bridge') ?? '' };
}
