// Part of the bundle: loads a script of it with the functions compiled that an earlier round called. Node's compile cache
// keeps what is compiled before a script begins; what it calls later, nearly all of a short round, is compiled at each start.

import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, getCompileCacheDir } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

const head = '(function(exports,require,module,__filename,__dirname){';
const tail = '\n})';
/** Of the source and of the compiled code: V8 looks at the length of the one and at nothing of the other. */
const sumsBytes = 8;

/**
 * What the script exports.
 *
 * @param file in ASCII, as the bundler writes it
 * @param keeps whether this process, if it ends well, leaves its compiled functions to the next ones, where none fit
 */
export function loadScript(file: string, keeps: boolean): unknown {
  const require = createRequire(file);
  const folder = getCompileCacheDir();
  if (folder === undefined) return require(file);
  const place = join(folder, `${basename(file)}.${crc32(file).toString(16)}`);
  const kept = readKept(place);
  // Node's own cache serves better than nothing.
  if (kept === undefined && !keeps) return require(file);
  const bytes = wrapped(file);
  const sourceSum = crc32(bytes);
  const fitting = kept?.sourceSum === sourceSum ? { cachedData: kept.code } : undefined;
  if (fitting === undefined && !keeps) return require(file);
  const script = new Script(bytes.toString('latin1'), { filename: file, ...fitting });
  if (keeps && (fitting === undefined || script.cachedDataRejected)) {
    process.on('exit', (code) => {
      // One that failed has called little; it may have waited long besides.
      if (code === 0) keep(place, sourceSum, script.createCachedData());
    });
  }
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
  return module.exports;
}

/** In one piece, because a text that is put together is held twice. */
function wrapped(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(head.length + size + tail.length, ' ', 'latin1');
    bytes.write(head, 'latin1');
    readSync(descriptor, bytes, head.length, size, 0);
    bytes.write(tail, head.length + size, 'latin1');
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

interface Kept {
  readonly sourceSum: number;
  readonly code: Buffer;
}

function readKept(place: string): Kept | undefined {
  try {
    const bytes = readFileSync(place);
    const code = bytes.subarray(sumsBytes);
    if (crc32(code) !== bytes.readUInt32LE(4)) return undefined;
    return { sourceSum: bytes.readUInt32LE(0), code };
  } catch {
    // Not there yet, or shorter than its sums.
    return undefined;
  }
}

function keep(place: string, sourceSum: number, code: Buffer): void {
  const sums = Buffer.alloc(sumsBytes);
  sums.writeUInt32LE(sourceSum, 0);
  sums.writeUInt32LE(crc32(code), 4);
  const own = `${place}.${process.pid}`;
  try {
    writeFileSync(own, Buffer.concat([sums, code]), { mode: 0o600 });
    renameSync(own, place);
  } catch {
    // A folder that takes nothing costs some milliseconds at each start, and is no reason to fail.
    rmSync(own, { force: true });
  }
}
