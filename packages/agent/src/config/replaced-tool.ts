// The config.yml of the tool that Wattline replaces at Victron sites (victron-ble2mqtt), read as an agent.yml:
// `protocol` chooses the definition, `mac` is the address, `encryptionKey` the key, `mqtt.hass` home_assistant.

import {
  ConfigurationError,
  describeNode,
  type Entry,
  find,
  type MapNode,
  type Problem,
  type SettingNode,
  type TextNode,
  type Translated,
} from '@wattline/program';

const definitionOf: ReadonlyMap<string, string> = new Map([
  ['bluetooth', 'victron-ble'],
  ['bluetooth-ble', 'victron-ble'],
  ['serial', 'vedirect-text'],
]);

const newKeys: ReadonlyMap<string, string> = new Map([
  ['mac', 'address'],
  ['encryptionKey', 'key'],
  ['protocol', 'definition'],
]);

/** Whether a text in the working directory is a configuration of one of the two replaced programs. */
export const isReplacedConfiguration = (text: string): boolean => /^(?:devices|influxdb)[ \t]*:/m.test(text);

/** @throws ConfigurationError when the file belongs to the replaced bridge. */
export function translateReplaced(root: MapNode): Translated {
  const { devices, influxdb } = Object.fromEntries(root.entries);
  if (influxdb !== undefined && devices === undefined) {
    const text =
      'this is the configuration of the replaced bridge (victron-mqtt2influxdb), not of an agent: ' +
      'an agent has devices; what this file says belongs into bridge.yml';
    throw new ConfigurationError([{ place: influxdb.place, path: 'influxdb', text }]);
  }
  const list = devices?.node.kind === 'list' ? devices.node.items : [];
  const isReplaced =
    !list.some((item) => has(item, 'definition')) && (list.some(hasOldKey) || has(mqttOf(root), 'hass'));
  const entries = new Map(root.entries);
  if (devices?.node.kind === 'list') {
    const items = list.map((item) => (item.kind === 'map' ? translateDevice(item, isReplaced) : item));
    entries.set('devices', { ...devices, node: { ...devices.node, items } });
  }
  const translated = isReplaced ? translateMqtt({ ...root, entries }) : { ...root, entries };
  return {
    root: translated,
    toleratesUnknownKeys: isReplaced,
    problems: list.flatMap((item, index) => checkProtocol(item, index, translated)),
  };
}

const has = (node: SettingNode | undefined, key: string): boolean =>
  node?.kind === 'map' && node.entries.has(key);
const hasOldKey = (node: SettingNode): boolean => [...newKeys.keys()].some((key) => has(node, key));
const mqttOf = (root: MapNode): SettingNode | undefined => root.entries.get('mqtt')?.node;

function translateDevice(device: MapNode, isReplaced: boolean): MapNode {
  const entries = new Map<string, Entry>();
  for (const [key, entry] of device.entries) {
    const newKey = newKeys.get(key);
    if (newKey === undefined || device.entries.has(newKey)) entries.set(key, entry);
    else entries.set(newKey, newKey === 'definition' ? translateProtocol(entry) : entry);
  }
  if (isReplaced) completeReplaced(entries, device);
  return { ...device, entries };
}

function translateProtocol(entry: Entry): Entry {
  const { node } = entry;
  const definition = node.kind === 'text' ? definitionOf.get(node.text) : undefined;
  return node.kind === 'text' && definition !== undefined
    ? { ...entry, node: { ...node, text: definition } }
    : entry;
}

/** The old tool read `protocol` nowhere, and looked only at the keys of the one way of reaching a device. */
function completeReplaced(entries: Map<string, Entry>, device: MapNode): void {
  const { place } = device;
  const byRadio: TextNode = { kind: 'text', text: 'victron-ble', place, origin: 'written' };
  const definition = entries.get('definition') ?? { written: 'protocol', place, node: byRadio };
  entries.set('definition', definition);
  if (definition.node.kind !== 'text') return;
  const isByRadio = definition.node.text === byRadio.text;
  for (const key of isByRadio ? ['port'] : ['address', 'key']) entries.delete(key);
}

function translateMqtt(root: MapNode): MapNode {
  const mqtt = root.entries.get('mqtt');
  if (mqtt?.node.kind !== 'map') return root;
  const inner = new Map(mqtt.node.entries);
  const entries = new Map(root.entries);
  const hass = inner.get('hass');
  if (hass !== undefined && !entries.has('home_assistant')) {
    inner.delete('hass');
    entries.set('home_assistant', { ...hass, written: 'mqtt.hass' });
  }
  // The old tool used them only when both were there.
  const isEmpty = (key: string) => (inner.get(key)?.node.kind ?? 'empty') === 'empty';
  if (isEmpty('username') || isEmpty('password')) {
    inner.delete('username');
    inner.delete('password');
  }
  entries.set('mqtt', { ...mqtt, node: { ...mqtt.node, entries: inner } });
  return { ...root, entries };
}

function checkProtocol(device: SettingNode, index: number, root: MapNode): readonly Problem[] {
  const protocol = device.kind === 'map' ? device.entries.get('protocol') : undefined;
  if (protocol?.node.kind !== 'text' || definitionOf.has(protocol.node.text)) return [];
  const path = ['devices', index, 'definition'];
  const { place, text } = find(root, path);
  const words = [...definitionOf.keys()].join(', ');
  return [
    { place, path: text, text: `expected one of ${words}, found ${describeNode(path, protocol.node)}` },
  ];
}
