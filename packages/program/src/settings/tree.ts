// A configuration before it has types: texts, maps and lists, each with the place where it stands.

/** Where something stands: in a file (lines and columns from 1), or in whatever `source` names (a variable). */
export type Place =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly source: string };

export interface TextNode {
  readonly kind: 'text';
  /** As written: what it means is for the schema to say. */
  readonly text: string;
  readonly place: Place;
  /** What came from elsewhere is never printed, what came from the secrets never logged. */
  readonly origin: 'written' | 'environment' | 'secrets';
}

/** A key without a value: the same as a key that is not there. */
interface EmptyNode {
  readonly kind: 'empty';
  readonly place: Place;
}

interface ListNode {
  readonly kind: 'list';
  readonly items: readonly SettingNode[];
  readonly place: Place;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}

export type SettingNode = TextNode | EmptyNode | ListNode | MapNode;

export interface Entry {
  /** The key as the person wrote it, where it differs from the key it stands for. */
  readonly written: string;
  readonly place: Place;
  readonly node: SettingNode;
}

export type Path = readonly (string | number)[];

/** The plain value that a schema can parse: every scalar is a text. */
export function toPlain(node: SettingNode): unknown {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'empty':
      return undefined;
    case 'list':
      return node.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
  }
}

/** What stands at a path, or the nearest place above it when nothing does. */
interface Found {
  readonly node?: SettingNode;
  readonly place: Place;
  /** Of the key, where `place` is that of its value. */
  readonly keyPlace: Place;
  /** The path in the person's own spelling: `devices[0].encryptionKey`. */
  readonly text: string;
}

export function find(root: SettingNode, path: Path): Found {
  let node: SettingNode | undefined = root;
  let place = root.place;
  let text = '';
  for (const step of path) {
    const entry: Entry | undefined = node?.kind === 'map' ? node.entries.get(String(step)) : undefined;
    const item: SettingNode | undefined =
      node?.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined;
    text = typeof step === 'number' ? `${text}[${step}]` : joined(text, entry?.written ?? step);
    place = entry?.place ?? item?.place ?? place;
    node = entry?.node ?? item;
  }
  const keyPlace = place;
  if (node?.kind === 'text') place = node.place;
  return { ...(node === undefined ? {} : { node }), place, keyPlace, text };
}

const joined = (path: string, key: string): string =>
  path === '' ? shownKey(key) : `${path}.${shownKey(key)}`;

/** Where the blank after a colon is missing, the value is part of the key: what is no plain word is not shown. */
export const shownKey = (key: string): string =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(key) && !looksSecret(key)
    ? key
    : `${/^[A-Za-z_]{0,20}/.exec(key)?.[0] ?? ''}…`;

/** Texts that are secrets wherever they stand: a key pasted beside its place, a password in a URL. */
export const looksSecret = (text: string): boolean => /[0-9a-f]{24}/i.test(text) || /:\/\/[^/]*@/.test(text);

/** The same tree with every text replaced by what `change` makes of it. */
export function mapTexts(
  node: SettingNode,
  change: (text: TextNode, path: Path) => TextNode,
  path: Path = [],
): SettingNode {
  switch (node.kind) {
    case 'text':
      return change(node, path);
    case 'empty':
      return node;
    case 'list':
      return { ...node, items: node.items.map((item, index) => mapTexts(item, change, [...path, index])) };
    case 'map':
      return {
        ...node,
        entries: new Map(
          [...node.entries].map(([key, entry]) => [
            key,
            { ...entry, node: mapTexts(entry.node, change, [...path, key]) },
          ]),
        ),
      };
  }
}
