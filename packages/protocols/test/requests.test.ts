// The closed catalogue of requests: everything that may be sent to any device, against a list per family that was
// written from the sheets independently of the definitions. A request that is on neither list is sent by nobody.

import { describe, expect, test } from 'vitest';
import { fitsForm, openConversation, poll, requestForms } from '../src/asking.ts';
import type { DeviceDefinition } from '../src/device.ts';
import { canKeepAlive, canKeepAliveEveryMs } from '../src/devices/can-battery/keep-alive.ts';
import { definitions } from '../src/devices/index.ts';
import { ProtocolError, type Session } from '../src/session.ts';
import { randomOf } from './random.ts';
import { bytesOf, hexOf } from './vectors.ts';

/** A line of a Voltronic inverter: text (`[0-8]` is one digit), so many digits, two bytes of checksum, CR. */
function lineOf(text: string, digits = 0): RegExp {
  const inHex = Buffer.from(text.replace('[0-8]', '')).toString('hex');
  return new RegExp(`^${inHex}${text.endsWith(']') ? '3[0-8]' : ''}(3\\.){${digits}}[0-9a-f.]{4}0d$`);
}

/** What each family's sheet calls reading or logging in; hex, a dot is any digit. A family that is not here reads Modbus. */
const harmless: { readonly [family: string]: readonly RegExp[] } = {
  jbd: [
    // DD A5 is reading (5A would be writing): registers 03, 04, 05, AA, without data.
    /^dda5(03|04|05|aa)00[0-9a-f]{4}77$/,
    // The module's login: constant app key, random byte, user password, root password. 16, 19, 1B … change something.
    /^ffaa15063030303030303b$/,
    /^ffaa170017$/,
    /^ffaa1806[0-9a-f.]{14}$/,
    /^ffaa1d0f[0-9a-f.]{32}$/,
  ],
  // Ids of characteristics, which are read; 6597ffff would be written.
  'victron-gatt': [/^6597(ed8[cde]|0fff|eeff|ed7d|0ffe|edec|038[23])4bda4c1eaf4b551c4cf74769$/],
  'voltronic-pi18': [
    // ^P inquires, ^S would set. Lengths and texts as printed.
    ...[
      [
        '^P005PI',
        '^P005ID',
        '^P006VFW',
        '^P006MOD',
        '^P005GS',
        '^P007PIRI',
        '^P005FWS',
        '^P007FLAG',
        '^P005ET',
      ],
      [
        '^P004T',
        '^P005DI',
        '^P009MCHGCR',
        '^P010MUCHGCR',
        '^P005ACCT',
        '^P005ACLT',
        '^P007PGS[0-8]',
        '^P007PRI[0-8]',
      ],
    ].flatMap((inquiries) => inquiries.map((inquiry) => lineOf(inquiry))),
    lineOf('^P009EY', 4),
    lineOf('^P011EM', 6),
    lineOf('^P013ED', 8),
  ],
  // Ids of characteristics, which are read.
  'voltronic-ble': [/^2a0[1-5cde]$/, /^2a1[1-4]$/],
  'vedirect-hex': [
    // `:7`, a register, flags 0, check; `:3` and `:4`. `:8` would set, `:6` restart, `:0` enter the boot loader.
    /^3a37[0-9a-f.]{8}3030[0-9a-f.]{4}0a$/,
    /^3a3335320a$/,
    /^3a3435310a$/,
  ],
  'voltronic-pi30': [
    // Q… inquires, and VERFW: too; what sets something begins with P, M, F, V, D, R or A (POP, PE, MUCHGC, F50, DAT, RTEY …).
    ...[
      ['QPI', 'QID', 'QSID', 'QVFW', 'QVFW2', 'QVFW3', 'VERFW:', 'QMN', 'QGMN', 'QBOOT', 'QT'],
      [
        'QMOD',
        'QPIGS',
        'QPIGS2',
        'QPIRI',
        'QPGS[0-8]',
        'QPIWS',
        'QFLAG',
        'QMCHGCR',
        'QMUCHGCR',
        'QDI',
        'QBEQI',
      ],
      ['QOPPT', 'QCHPT', 'QLED', 'QBMS', 'QBATCD', 'Q1', 'QLITH0', 'QET', 'QLT'],
    ].flatMap((inquiries) => inquiries.map((inquiry) => lineOf(inquiry))),
    // Of a year, a month, a day: four, six, eight digits.
    ...['QEY', 'QLY'].map((inquiry) => lineOf(inquiry, 4)),
    ...['QEM', 'QLM'].map((inquiry) => lineOf(inquiry, 6)),
    ...['QED', 'QLD'].map((inquiry) => lineOf(inquiry, 8)),
  ],
};

/** Modbus functions 03 and 04 are reading, of a register and a count, for whatever family. */
function isModbusReading(form: string): boolean {
  if (!/^[0-9a-f]{2}0[34][0-9a-f]{12}$/.test(form)) return false;
  const bytes = bytesOf(form);
  let crc = 0xffff;
  for (const byte of bytes.subarray(0, 6))
    for (let bit = 0, rest = byte; bit < 8; bit++, rest >>= 1)
      crc = (crc ^ rest) & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return bytes[6] === (crc & 0xff) && bytes[7] === crc >> 8;
}

const isHarmless = (family: string, form: string): boolean =>
  harmless[family]?.some((pattern) => pattern.test(form)) ?? isModbusReading(form);

const asked = definitions.filter(({ ask }) => ask !== undefined);

test('only families that are asked send anything', () => {
  const sending = definitions.filter((definition) => requestForms(definition).length > 0);
  expect(sending).toEqual(asked);
});

test('on a CAN bus only what keeps a battery awake may be said: 0x305 with eight zeros, each second', () => {
  expect([canKeepAlive.id, hexOf(canKeepAlive.data), canKeepAliveEveryMs]).toEqual([
    ...[0x305, '0000000000000000', 1000],
  ]);
});

describe.each(asked)('$id', (definition) => {
  test('lists no request but those that its sheet calls harmless', () => {
    const forms = requestForms(definition);
    expect(forms.length).toBeGreaterThan(0);
    expect(forms.filter((form) => !isHarmless(definition.id, form))).toEqual([]);
  });

  test('sends nothing that it does not list, whatever the device answers', () => {
    const forms = requestForms(definition);
    for (let seed = 1; seed <= 200; seed++) {
      const strange = sentTo(definition, seed).filter((request) => !fitsForm(request, forms));
      expect(strange.map(hexOf), `seed ${seed}`).toEqual([]);
    }
  });
});

const secret = new TextEncoder().encode('123456');
const contacts = [
  { medium: 'gatt', address: 'A4:C1:37:04:2D:BE', secret },
  { medium: 'gatt', address: 'A4:C1:37:04:2D:BE' },
  { medium: 'serial' },
] as const;

/** What a login and three polls send to a device that answers at random. */
function sentTo(definition: DeviceDefinition, seed: number): Uint8Array[] {
  const random = randomOf(seed);
  const sent: Uint8Array[] = [];
  for (const contact of contacts) {
    const login = definition.ask?.login?.(contact);
    if (login !== undefined) drive(login, random, sent);
    const conversation = openConversation(contact);
    for (const uptimeMs of [0, 10_000, 7_200_000])
      drive(poll(definition, conversation, { wallMs: 1_700_000_000_000 + uptimeMs, uptimeMs }), random, sent);
  }
  return sent;
}

/** Nothing a device says makes a conversation longer. */
const exchangesMax = 1000;

function drive(session: Session<unknown>, random: ReturnType<typeof randomOf>, sent: Uint8Array[]): void {
  try {
    let step = session.next();
    for (let count = 0; !step.done; count++) {
      if (count > exchangesMax) throw new Error('the conversation does not end');
      sent.push(step.value.request);
      const answer = random.below(4);
      if (answer === 0) step = session.throw(new ProtocolError('silent', 'no answer'));
      else if (answer === 1) step = session.throw(new ProtocolError('refused', 'no'));
      else
        step = session.next(answer === 2 ? Uint8Array.of(random.below(4)) : random.bytes(random.below(80)));
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

test('a request that differs in one digit from a listed one is not sent', () => {
  expect(fitsForm(bytesOf('dda50300fffd77'), ['dda50300fffd77'])).toBe(true);
  expect(fitsForm(bytesOf('dd5a0300fffd77'), ['dda50300fffd77'])).toBe(false);
  expect(fitsForm(bytesOf('dda50300fffd7700'), ['dda50300fffd77'])).toBe(false);
  expect(fitsForm(bytesOf('ffaa1806a1'), ['ffaa1806..'])).toBe(true);
});

test('of Modbus only whole requests that read are harmless', () => {
  const forms = [
    '010301010013543b',
    '010401010013e1fb',
    '010301010013543c',
    '01060120000089fc',
    '0103010100....',
  ];
  expect(forms.map(isModbusReading)).toEqual([true, true, false, false, false]);
});
