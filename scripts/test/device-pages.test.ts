import { expect, test } from 'vitest';
import { machineWith } from '../../packages/agent/test/config-surroundings.ts';
import { definitions } from '../../packages/protocols/src/index.ts';
import { devicePagesFolder, generateDevicePages } from '../generate/device-pages.ts';

const pages = new Map(generateDevicePages().map(({ path, content }) => [path, content]));
const pageOf = (id: string): string => pages.get(`${devicePagesFolder}/${id}.md`) ?? '';
const blocksOf = (page: string): string[] =>
  [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);

test.each(definitions.map(({ id, media }) => ({ id, media })))(
  '$id: each way has a block that the agent takes',
  ({ id, media }) => {
    const blocks = blocksOf(pageOf(id));
    const ways = new Set(media.map(({ medium }) => (medium === 'gatt-values' ? 'gatt' : medium)));
    expect(blocks).toHaveLength(ways.size);
    for (const block of blocks) {
      const { load } = machineWith({ 'agent.yml': `mqtt: { host: data.example.org }\n${block}` });
      const { configuration, notices } = load();
      expect(configuration.devices.map(({ definition }) => definition.id)).toEqual([id]);
      expect(notices).toEqual([]);
    }
  },
);

test.each(definitions.map(({ id }) => id))('%s: its page says what to do first', (id) => {
  const [, connecting = ''] = pageOf(id).split('\n## How to connect it\n');
  expect(connecting.trimStart()).toMatch(/^- \S/);
});

test('the list links every page', () => {
  const list = pages.get(`${devicePagesFolder}/README.md`);
  for (const { id } of definitions) expect(list).toContain(`](${id}.md)`);
});
