// How a device is connected and configured, for its page: a way and a block ready to paste for each medium.

import { type DeviceDefinition, describeMedium, type Medium } from '../../packages/protocols/src/index.ts';

interface Way {
  readonly title: string;
  /** Keys of the device's block that only this way has, as YAML. */
  readonly lines: (reached: Medium) => readonly string[];
  readonly hint: string;
}

const serialPort = '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_XXXXXXXX-if00-port0';
const usbPortOf = ({ vendor, product }: { readonly vendor: number; readonly product: number }): string =>
  `usb:${[vendor, product].map((id) => id.toString(16).padStart(4, '0')).join(':')}`;

const wayOf: { readonly [medium in Medium['medium']]: Way } = {
  advertisement: byRadio('Bluetooth, listened to', 'Nothing is connected: the device tells everybody.'),
  gatt: byRadio('Bluetooth, connected', 'The agent connects and asks.'),
  'gatt-values': byRadio('Bluetooth, connected', 'The agent connects and reads.'),
  serial: {
    title: 'Serial port',
    lines: () => [`port: ${serialPort}`],
    hint: '8 data bits, no parity, 1 stop bit. `ls /dev/serial/by-id` shows what is plugged in by a name that stays.',
  },
  hid: {
    title: 'USB',
    lines: (reached) => (reached.medium === 'hid' ? [`port: ${usbPortOf(reached)}`] : []),
    hint: '`lsusb` shows whether it is plugged in. Where several are, each is named by its `/dev/hidrawN`.',
  },
  can: {
    title: 'CAN bus',
    lines: () => [
      'port: can0',
      '# Or an adapter at a serial port:',
      `# port: ${serialPort}`,
      '# adapter: usb-can-a # or slcan',
    ],
    hint: 'The agent listens only.',
  },
};

function byRadio(title: string, what: string): Way {
  return {
    title,
    lines: () => ['address: "AA:BB:CC:DD:EE:FF"'],
    hint: `${what} \`sudo wattline-agent scan\` shows the addresses in reach.`,
  };
}

/** Sections of the page: each way with its block, then what is done before. */
export function connectionOf(definition: DeviceDefinition): readonly (string | readonly string[])[] {
  const { preparation = [], media } = definition;
  const ways = Map.groupBy(media, ({ medium }) => wayOf[medium]);
  return [
    '## How to connect it',
    ...(preparation.length === 0 ? [] : [preparation.map((each) => `- ${each}`)]),
    ...[...ways].flatMap(([way, reached]) => [
      `### ${way.title}`,
      `${capital(reached.map(describeMedium).join('; '))}. ${way.hint}`,
      ['```yaml', ...configurationBlock(definition, reached), '```'],
    ]),
  ];
}

/** Below `devices:` of agent.yml. */
function configurationBlock(
  { id, secret, media, factoryPin }: DeviceDefinition,
  reached: readonly Medium[],
): readonly string[] {
  const isConnected = reached.some(({ medium }) => medium === 'gatt' || medium === 'gatt-values');
  const isCable = reached.every(({ medium }) => medium === 'serial' || medium === 'hid');
  const needsSecret = secret !== undefined && !(isCable && media.some(({ medium }) => medium === 'gatt'));
  return [
    'devices:',
    '  - name: my-device # as you like: it becomes a part of the topic',
    `    definition: ${id}`,
    ...(reached[0] === undefined
      ? []
      : wayOf[reached[0].medium].lines(reached[0]).map((line) => `    ${line}`)),
    ...(needsSecret ? [`    ${secret.setting}: ${exampleOf(secret)}`] : []),
    ...(factoryPin === undefined ? [] : [`    pin: "${factoryPin}" # of a new one`]),
    ...(isConnected ? ['    # keep_connected: no # lets the phone app in between two readings'] : []),
    '    interval: 10s',
  ];
}

function exampleOf({ hexDigits, characters }: NonNullable<DeviceDefinition['secret']>): string {
  if (hexDigits !== undefined)
    return `${'0123456789abcdef'.repeat(2).slice(0, hexDigits)} # ${hexDigits} hex digits`;
  return characters === undefined
    ? '"123456"'
    : `"${'0'.repeat(characters)}" # only where one was set in the app`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
