import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../program/test/scratch-folder.ts';
import { open } from './outbox-scratch.ts';

test('a directory that cannot be made is explained, where the system says nonsense too', async () => {
  const file = join(scratchFolder(), 'file');
  writeFileSync(file, '');
  for (const [path, why] of [
    [file, 'a file stands where a directory is expected'],
    [join(file, 'below', 'it'), 'a file stands where a directory is expected'],
    // Nobody can make one there, and the system says that the path above is missing.
    ['/proc/wattline/outbox', 'ENOENT'],
  ] as const)
    await expect(open(path)).rejects.toMatchObject({
      message: expect.stringContaining(`The outbox ${path} cannot be opened: ${why}`),
    });
});

test('a directory is made with those above it, also behind a link', async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'disk'));
  symlinkSync(join(folder, 'disk'), join(folder, 'link'));
  await (await open(join(folder, 'link', 'a', 'b', 'outbox'))).close();
  expect(readdirSync(join(folder, 'disk', 'a', 'b'))).toEqual(['outbox']);
});
