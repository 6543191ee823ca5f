import { expect, test } from 'vitest';
import { recogniseAdvertiser } from '../src/reading/reach.ts';

// patterns of patman15/aiobmsble and of packs of Vatrer
const jbdNames = [
  ...[
    'JBD-SP04S034',
    'xiaoxiang BMS',
    'SP04S020',
    'AP21S002',
    'DP04S007L4S150A',
    'LSG-1',
    'N-12345BL1',
    'SX100P-B230201',
  ],
  ...[
    '12100BL-01',
    '24100BL-01',
    '@KsM:0001',
    'SJ-300-0001',
    'TITAN-12V-230AHUS-0005',
    'TZ-H1',
    'DWCK00309J-029',
  ],
];

test.each(jbdNames)('%s is taken for a JBD battery by its name, whatever service it offers', (name) => {
  expect(recogniseAdvertiser([], name)).toMatchObject({ definition: 'jbd' });
  expect(recogniseAdvertiser([], name)).not.toHaveProperty('uncertain');
});

test.each(['12 V fridge', '24BL', 'SJ', 'My TITAN-1', 'Cabin 2'])('%s is not', (name) => {
  expect(recogniseAdvertiser([], name)).toBeUndefined();
});
