// What a program did to a directory, as far as a power cut can undo it, read from the log of
//   strace -f -y -xx -s <all> -e signal=none
// Every call that changes files is understood or refused: a call that the model does not know ends the run.

import { dirname, resolve } from 'node:path';

export type Operation =
  | { readonly is: 'write'; readonly file: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly is: 'size'; readonly file: number; readonly length: number }
  /** Names set and removed together in one directory. */
  | {
      readonly is: 'names';
      readonly directory: string;
      readonly names: readonly (readonly [string, Named])[];
    }
  /** A finished sync makes safe what was finished before it began. */
  | { readonly is: 'sync'; readonly of: number | string; readonly began: number }
  | { readonly is: 'word'; readonly text: string };

/** What a name stands for: a file, a directory, or nothing any more. */
export type Named = number | 'directory' | undefined;

/** The calls to trace; a question mark for those that not every machine has. */
export const tracedCalls = [
  ...[
    'openat',
    '?open',
    '?creat',
    'close',
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    '?pwritev2',
    'ftruncate',
  ],
  ...['?truncate', 'fallocate', 'fsync', 'fdatasync', 'sync', 'syncfs', '?rename', 'renameat', '?renameat2'],
  ...['?unlink', 'unlinkat', '?mkdir', 'mkdirat', '?rmdir', '?link', 'linkat', 'lseek', 'copy_file_range'],
  ...['sendfile', 'splice', 'dup', 'dup3', 'io_uring_enter'],
].join(',');

interface Call {
  readonly name: string;
  readonly parameters: string;
  readonly result: number;
  readonly resultPath: string;
  /** How many operations there were when it began. */
  readonly began: number;
}

interface OpenFile {
  /** A directory, by its path. */
  readonly of: number | string;
  readonly appends: boolean;
  position: number;
}

interface Tracing {
  readonly root: string;
  readonly operations: Operation[];
  readonly open: Map<number, OpenFile>;
  readonly names: Map<string, number | 'directory'>;
  readonly sizes: Map<number, number>;
  word: string;
}

export function readOperations(log: string, root: string): Operation[] {
  const tracing: Tracing = {
    root,
    operations: [],
    open: new Map(),
    names: new Map([[root, 'directory']]),
    sizes: new Map(),
    word: '',
  };
  const unfinished = new Map<string, { text: string; began: number }>();
  for (const line of log.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: text.slice(0, -16), began: tracing.operations.length });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text)?.[1];
    const head = resumed === undefined ? undefined : unfinished.get(thread);
    const call = readCall(`${head?.text ?? ''}${resumed ?? text}`, head?.began ?? tracing.operations.length);
    if (call !== undefined) apply(tracing, call);
  }
  return tracing.operations;
}

function readCall(text: string, began: number): Call | undefined {
  const [, name, parameters, result, path] = /^(\w+)\((.*)\)\s+= (-?\d+)(?:<([^>]*)>)?/s.exec(text) ?? [];
  if (name === undefined || parameters === undefined || Number(result) < 0) return undefined;
  return { name, parameters, result: Number(result), resultPath: fromHex(path ?? '').toString(), began };
}

const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
const strings = ({ parameters }: Call): Buffer[] =>
  [...parameters.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) => fromHex(hex ?? ''));
const lastNumber = ({ parameters }: Call): number => Number(/(\d+)$/.exec(parameters)?.[1]);
const descriptor = ({ parameters }: Call): number => Number(/^(\d+)</.exec(parameters)?.[1] ?? -1);
/** The path in each name parameter, from the directory that strace wrote before it. */
function paths(call: Call): string[] {
  const directories = [...call.parameters.matchAll(/(?:AT_FDCWD|\d+)<([^>]*)>/g)].map(([, hex]) =>
    fromHex(hex ?? ''),
  );
  return strings(call).map((name, index) =>
    resolve(String(directories[index] ?? process.cwd()), String(name)),
  );
}

function apply(tracing: Tracing, call: Call): void {
  const file = tracing.open.get(descriptor(call));
  if (/^(?:open|openat|creat)$/.test(call.name)) applyOpen(tracing, call);
  else if (call.name === 'close') tracing.open.delete(descriptor(call));
  else if (/write/.test(call.name) && descriptor(call) === 1) applyWord(tracing, call);
  else if (/write/.test(call.name)) applyWrite(tracing, call, file);
  else if (/^(?:fsync|fdatasync)$/.test(call.name)) applySync(tracing, call, file);
  else if (call.name === 'ftruncate' && typeof file?.of === 'number')
    resize(tracing, file.of, lastNumber(call));
  else if (call.name === 'lseek' && file !== undefined) file.position = call.result;
  else applyNames(tracing, call);
}

function applySync({ operations }: Tracing, { began }: Call, file: OpenFile | undefined): void {
  if (file !== undefined) operations.push({ is: 'sync', of: file.of, began });
}

function applyOpen(tracing: Tracing, call: Call): void {
  const { resultPath: path, parameters } = call;
  if (!isInside(tracing, path)) {
    tracing.open.delete(call.result);
    return;
  }
  let of: number | string | undefined = tracing.names.get(path);
  if (of === 'directory') of = path;
  if (of === undefined) {
    of = tracing.sizes.size;
    tracing.sizes.set(of, 0);
    name(tracing, [[path, of]]);
  } else if (typeof of === 'number' && parameters.includes('O_TRUNC') && tracing.sizes.get(of) !== 0) {
    resize(tracing, of, 0);
  }
  tracing.open.set(call.result, { of, appends: parameters.includes('O_APPEND'), position: 0 });
}

function applyWord(tracing: Tracing, call: Call): void {
  const lines = `${tracing.word}${Buffer.concat(strings(call))}`.split('\n');
  tracing.word = lines.pop() ?? '';
  for (const text of lines) tracing.operations.push({ is: 'word', text });
}

function applyWrite(tracing: Tracing, call: Call, file: OpenFile | undefined): void {
  if (typeof file?.of !== 'number') return;
  const size = tracing.sizes.get(file.of) ?? 0;
  const positioned = call.name.startsWith('p');
  const offset = file.appends ? size : positioned ? lastNumber(call) : file.position;
  const bytes = Buffer.concat(strings(call)).subarray(0, call.result);
  tracing.operations.push({ is: 'write', file: file.of, offset, bytes });
  tracing.sizes.set(file.of, Math.max(size, offset + bytes.length));
  if (!positioned) file.position = offset + bytes.length;
}

function applyNames(tracing: Tracing, call: Call): void {
  const [first = '', second = ''] = paths(call);
  const touches = isInside(tracing, first) || isInside(tracing, second) || tracing.open.has(descriptor(call));
  const moved = tracing.names.get(first);
  if (!touches) return;
  if (/^rename/.test(call.name) && typeof moved === 'number') {
    name(tracing, [
      [first, undefined],
      [second, moved],
    ]);
  } else if (/^unlink/.test(call.name)) {
    name(tracing, [[first, undefined]]);
  } else if (/^mkdir/.test(call.name)) {
    name(tracing, [[first, 'directory']]);
  } else {
    throw new Error(`not modelled: ${call.name}(${first}, ${second})`);
  }
}

function name(tracing: Tracing, names: readonly (readonly [string, Named])[]): void {
  for (const [path, of] of names) {
    if (of === undefined) tracing.names.delete(path);
    else tracing.names.set(path, of);
  }
  tracing.operations.push({ is: 'names', directory: dirname(names[0]?.[0] ?? ''), names });
}

function resize(tracing: Tracing, file: number, length: number): void {
  tracing.operations.push({ is: 'size', file, length });
  tracing.sizes.set(file, length);
}

const isInside = ({ root }: Tracing, path: string): boolean => path === root || path.startsWith(`${root}/`);
