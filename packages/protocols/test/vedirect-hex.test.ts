// VE.Direct HEX: its frames, and the conversation with a product that has some registers and refuses others.

import { describe, expect, test } from 'vitest';
import { openConversation, poll } from '../src/asking.ts';
import { vedirectHex } from '../src/devices/vedirect-hex/index.ts';
import { askHex, getRegister, versionRegister } from '../src/framing/vedirect-hex.ts';
import { takeBlock } from '../src/framing/vedirect-text.ts';
import { joinChunks, ProtocolError, takeOrSkip } from '../src/session.ts';
import { answersOf, expectFraming } from './framing.ts';
import { bytesOf } from './vectors.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a frame', () => {
  test('that asks is the published one', () => {
    expect(textOf(getRegister(0xedf0).request)).toBe(':7F0ED0071\n');
    expect(textOf(getRegister(0x7777).request)).toBe(':777770060\n');
    expect(textOf(askHex(versionRegister).request)).toBe(':352\n');
  });

  test('is found however it is cut, between text, other registers and those that come unasked', () => {
    for (const foreign of [
      '\r\nV\t12800',
      ':A0102000543\n',
      ':7F0ED009600DB\n',
      ':77777015F\n',
      '\r\nChecksum\t:',
    ])
      expectFraming({
        take: getRegister(0x0201).take,
        frame: ascii(':70102000546\n'),
        answer: Uint8Array.of(0x01, 0x02, 1, 5),
        foreign: ascii(foreign),
        noise: ascii(':7'),
      });
  });

  test('costs no block of text that it stands in', () => {
    const block = bytesOf('0d0a56093132383030');
    const sum = [...block, ...ascii('\r\nChecksum\t')].reduce((total, byte) => total + byte, 0);
    const sent = joinChunks([
      block,
      ascii(':70102000546\n'),
      ascii('\r\nChecksum\t'),
      Uint8Array.of(256 - (sum % 256)),
    ]);
    expect(takeOrSkip(takeBlock, sent).answer).toEqual(new Map([['V', '12800']]));
    expect(answersOf(getRegister(0x0201).take, sent)).toHaveLength(1);
  });

  test('that says no says why', () => {
    const refusal = (sent: string) => () => getRegister(0x7777).take(ascii(sent));
    expect(refusal(':77777015F\n')).toThrow(/register 0x7777: the device does not have it/);
    expect(refusal(':3020050\n')).toThrow(/does not know the command 2/);
    expect(refusal(':4AAAAFD\n')).toThrow(expect.objectContaining({ code: 'refused' }));
  });
});

/** A frame with its check byte, from digits. */
function frame(command: string, digits: string): string {
  const bytes = bytesOf(digits);
  const check =
    (0x155 + 0xf00 - Number.parseInt(command, 16) - bytes.reduce((sum, byte) => sum + byte, 0)) & 0xff;
  return `:${command}${digits}${check.toString(16).padStart(2, '0')}\n`.toUpperCase();
}

type Registers = { readonly [digits: string]: string };
const mppt: Registers = { '0001': '0057A0FF', '0102': '03', D5ED: '6405', D7ED: '2A00', BCED: '401F0000' };

/** One poll of a product with these registers; `unasked` comes before every answer. */
function pollOnce(conversation: ReturnType<typeof openConversation>, registers: Registers, unasked = '') {
  const asked: string[] = [];
  const session = poll(vedirectHex, conversation, { wallMs: 0, uptimeMs: 0 });
  let step = session.next();
  while (!step.done) {
    const { request, take } = step.value;
    const text = textOf(request).trimEnd();
    asked.push(text);
    try {
      const { answer } = takeOrSkip(take, ascii(`\r\nV\t13${unasked}800${answerTo(text, registers)}`));
      step = answer === undefined ? session.throw(new ProtocolError('silent', text)) : session.next(answer);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.message === text) throw error;
      step = session.throw(error);
    }
  }
  return { asked, readings: step.value };
}

function answerTo(request: string, registers: Registers): string {
  if (request === ':352') return ':11641FD\n';
  if (request === ':451') return frame('1', '57A0');
  const id = request.slice(2, 6);
  const value = registers[id];
  if (value === 'silent') return '';
  return frame('7', value === undefined ? `${id}01` : `${id}00${value}`);
}

describe('a poll', () => {
  const values = {
    product_code: '0xA057',
    charge_state: 'bulk',
    battery_voltage: 13.8,
    battery_current: 4.2,
    battery_power: 57.96,
    pv_power: 80,
  };

  test('asks what the product is, then every register of its record; what it lacks not again', () => {
    const conversation = openConversation({ medium: 'serial' });
    const first = pollOnce(conversation, mppt);
    expect(first.readings).toEqual([
      { record: 'solar_charger', kind: 'solar_charger', values: { ...values, firmware_version: '1.16' } },
    ]);
    expect(first.asked[0]).toBe(':70001004D');
    expect(first.asked.length).toBeGreaterThan(40);
    // A refusal may be due to a damaged request: once more, all but the version.
    expect(pollOnce(conversation, mppt).asked).toHaveLength(first.asked.length - 1);
    const third = pollOnce(conversation, mppt);
    expect(third.readings).toEqual([{ record: 'solar_charger', kind: 'solar_charger', values }]);
    // The five that it has, and the history, which a day that begins refuses.
    expect(third.asked).toHaveLength(7);
  });

  test('takes what comes unasked meanwhile, but what was answered is newer', () => {
    const { readings } = pollOnce(
      openConversation({ medium: 'serial' }),
      mppt,
      `${frame('A', 'DBED00BF0A')}${frame('A', '01020005')}`,
    );
    expect(readings[0]?.values).toMatchObject({ device_temperature: 27.51, charge_state: 'bulk' });
  });

  test('of another product at the same cable begins anew', () => {
    const conversation = openConversation({ medium: 'serial' });
    pollOnce(conversation, mppt);
    const { readings } = pollOnce(conversation, { '0001': '000302FF', FF0F: '1027', '8DED': '0005' });
    expect(readings).toEqual([
      {
        record: 'battery_monitor',
        kind: 'battery',
        values: {
          product_code: '0x0203',
          firmware_version: '1.16',
          state_of_charge: 100,
          battery_voltage: 12.8,
        },
      },
    ]);
  });

  test('goes on without a register that is not answered, but not without two', () => {
    const one = pollOnce(openConversation({ medium: 'serial' }), { ...mppt, DBED: 'silent' });
    expect(one.readings[0]?.values).not.toHaveProperty('device_temperature');
    expect(() =>
      pollOnce(openConversation({ medium: 'serial' }), { ...mppt, DBED: 'silent', ECED: 'silent' }),
    ).toThrow(expect.objectContaining({ code: 'silent' }));
  });

  test('fails without a register that was answered before; one refused for a while comes back', () => {
    const conversation = openConversation({ medium: 'serial' });
    pollOnce(conversation, mppt);
    const { BCED, ...lacking } = mppt;
    for (let polls = 0; polls < 3; polls++)
      expect(pollOnce(conversation, lacking).readings[0]?.values).not.toHaveProperty('pv_power');
    expect(pollOnce(conversation, { ...lacking, BCED: BCED ?? '' }).readings[0]?.values).toMatchObject(
      values,
    );
    expect(() => pollOnce(conversation, { ...mppt, BCED: 'silent' })).toThrow(
      expect.objectContaining({ code: 'silent' }),
    );
  });

  test('asks for the product by command where its register is not known', () => {
    const { '0001': _, ...rest } = mppt;
    const { asked, readings } = pollOnce(openConversation({ medium: 'serial' }), rest);
    expect(asked[1]).toBe(':451');
    expect(readings[0]?.values).toMatchObject({ product_code: '0xA057', pv_power: 80 });
  });

  test('of a product that nobody described is refused, with its id', () => {
    expect(() => pollOnce(openConversation({ medium: 'serial' }), { '0001': '00FEFEFF' })).toThrow(/0xFEFE/);
  });
});
