// What the two packages are made of. Every file that is installed stands in the repository once; nothing is copied by hand.

import { join } from 'node:path';

export type Architecture = 'amd64' | 'arm64';

/** Node's word for the architecture, as its packages are called. */
export const nodeArchitecture: { readonly [architecture in Architecture]: 'x64' | 'arm64' } = {
  amd64: 'x64',
  arm64: 'arm64',
};

export interface Product {
  readonly name: 'wattline-agent' | 'wattline-bridge';
  readonly summary: string;
  readonly description: string;
  /** Sources that become programs of the bundle: name of the output → source. */
  readonly entries: { readonly [output: string]: string };
  /** commonjs: one file a program, which starts soonest. module: many files, each loaded by what needs it. */
  readonly scripts: 'commonjs' | 'module';
  /** The script whose functions a command leaves compiled for the next start: `by` is the command that must start fast. */
  readonly keepsCompiled?: { readonly script: string; readonly by: string };
  /** Packages with binary parts, installed beside the bundle with what they need. */
  readonly external: readonly string[];
  /** `package > dependency` pairs that are listed by the package and not loaded by us: other ways to a radio, build tools. */
  readonly neverLoaded: readonly string[];
  /** Libraries that went into the page. */
  readonly pageLibraries: readonly string[];
  readonly depends: readonly string[];
  readonly recommends: readonly string[];
  /** Of the Node that runs it. */
  readonly nodeOptions: readonly string[];
  /** Units that are switched on by installing; the others wait for the person. */
  readonly unitsEnabled: readonly string[];
  readonly unitsOther: readonly string[];
  /** Repository file → place in the package. */
  readonly files: { readonly [source: string]: string };
  readonly examples: readonly string[];
  /** What a purge removes from /var/lib/wattline and /etc/wattline. */
  readonly state: readonly string[];
  readonly configuration: string;
}

export const sourceFolder = ({ name }: Product): string => join('packages', name.replace('wattline-', ''));

const depends = [
  'libc6 (>= 2.28)',
  'libgcc-s1',
  'libstdc++6',
  // For the user and the folders.
  'systemd | systemd-standalone-sysusers',
  'systemd | systemd-standalone-tmpfiles',
];

const sharedFiles = (name: Product['name']) => ({
  'deploy/sysusers/wattline.conf': `usr/lib/sysusers.d/${name}.conf`,
  'deploy/tmpfiles/wattline.conf': `usr/lib/tmpfiles.d/${name}.conf`,
});

const unit = (name: string) => [`deploy/systemd/${name}`, `usr/lib/systemd/system/${name}`] as const;

export const products: readonly Product[] = [
  {
    name: 'wattline-agent',
    summary: 'reads off-grid power devices and publishes them by MQTT',
    description:
      'Reads solar chargers, batteries and inverters by Bluetooth and cable, publishes\n each reading once, and keeps on disk what could not be delivered.',
    entries: {
      main: 'packages/agent/src/main.ts',
      program: 'packages/agent/src/program.ts',
      'radio-child': 'packages/agent/src/transports/radio-child.ts',
    },
    scripts: 'commonjs',
    keepsCompiled: { script: 'program.js', by: 'once' },
    external: ['@stoprocent/noble', 'node-hid', 'serialport'],
    neverLoaded: [
      '@stoprocent/noble > node-addon-api',
      '@stoprocent/noble > patch-package',
      '@stoprocent/bluetooth-hci-socket > async',
      '@stoprocent/bluetooth-hci-socket > node-addon-api',
      '@stoprocent/bluetooth-hci-socket > patch-package',
      '@stoprocent/bluetooth-hci-socket > serialport',
      '@stoprocent/bluetooth-hci-socket > usb',
      '@serialport/bindings-cpp > node-addon-api',
      'node-hid > node-addon-api',
    ],
    pageLibraries: [],
    depends: [...depends, 'udev', 'libudev1', 'libusb-1.0-0'],
    recommends: ['rfkill', 'can-utils'],
    // What lives shortly is little: 7 MB less than with the default of 16.
    nodeOptions: ['--max-semi-space-size=1'],
    unitsEnabled: ['wattline-agent.service'],
    unitsOther: ['wattline-once.timer', 'wattline-once.service', 'wattline-boot.service'],
    files: {
      ...sharedFiles('wattline-agent'),
      ...Object.fromEntries([
        unit('wattline-agent.service'),
        unit('wattline-once.service'),
        unit('wattline-once.timer'),
        unit('wattline-boot.service'),
      ]),
      'deploy/udev/70-wattline.rules': 'usr/lib/udev/rules.d/70-wattline.rules',
      'deploy/modules-load/wattline.conf': 'usr/lib/modules-load.d/wattline-agent.conf',
    },
    examples: [
      'config/agent-one-charger-cron.yml',
      'config/agent-shunt-and-charger.yml',
      'config/agent-battery-by-cable.yml',
      'config/agent-battery-on-can.yml',
      'config/secrets.example.yml',
      'config/agent.schema.json',
      'deploy/cron/wattline',
      'deploy/wittypi/every-20-minutes.wpi',
    ],
    state: ['outbox'],
    configuration: 'agent.yml',
  },
  {
    name: 'wattline-bridge',
    summary: 'keeps the readings of Wattline agents and serves a web page',
    description:
      'Takes readings by MQTT durably, thins them out over the years, feeds databases\n and serves a web page. Carries its own broker and store.',
    entries: { main: 'packages/bridge/src/main.ts', worker: 'packages/bridge/src/queries/worker.ts' },
    scripts: 'module',
    external: [],
    neverLoaded: [],
    pageLibraries: ['preact', 'uplot'],
    depends,
    recommends: [],
    // Under load nearly everything lives shortly: what a bridge on a Pi holds should not depend on the load.
    // The client of InfluxDB takes addresses apart in an old way, which is nothing that an owner can mend.
    nodeOptions: ['--max-semi-space-size=8', '--heap-growing-percent=50', '--disable-warning=DEP0169'],
    unitsEnabled: ['wattline-bridge.service'],
    unitsOther: [],
    files: {
      ...sharedFiles('wattline-bridge'),
      ...Object.fromEntries([unit('wattline-bridge.service')]),
    },
    examples: [
      'config/bridge-data-server.yml',
      'config/secrets.example.yml',
      'config/bridge.schema.json',
      'deploy/mosquitto/wattline.conf',
      'deploy/mosquitto/wattline.acl',
    ],
    state: ['bridge.db', 'bridge.db-wal', 'bridge.db-shm', 'bridge.lock'],
    configuration: 'bridge.yml',
  },
];
