import { expect, test } from 'vitest';
import { modbusAnswerTo, readRegisters } from '../src/framing/modbus.ts';
import { registersAt } from '../src/registers.ts';
import { answersOf, expectFraming } from './framing.ts';
import { bytesOf, hexOf } from './vectors.ts';

// Rover 20A/40A Charge Controller, MODBUS protocol: reading the battery's voltage.
const voltage = bytesOf('010302007bf867');

test('a request is the published one', () => {
  expect(hexOf(readRegisters(1, 0x0101, 19).request)).toBe('010301010013543b');
  expect(hexOf(readRegisters(0xff, 0x0100, 34).request)).toBe('ff0301000022d1f1');
});

test('an answer is found however it is cut, between noise, other units, other lengths and the echo of the request', () => {
  const { take, request } = readRegisters(1, 0x0101, 1);
  for (const foreign of ['ff03020010905c', '010310202020204d5434383330202020202020ee98', hexOf(request)])
    expectFraming({
      take,
      frame: voltage,
      answer: registersAt(0x0101, bytesOf('007b')),
      foreign: bytesOf(foreign),
      noise: bytesOf('01'),
    });
});

test('a refusal says why', () => {
  const refuse = (hex: string) => () => readRegisters(0xff, 0x0120, 3).take(bytesOf(hex));
  expect(refuse('ff8302a101')).toThrow(/unit 255 refuses: it does not have such a register \(exception 2\)/);
  expect(refuse('ff8302a101')).toThrow(expect.objectContaining({ code: 'refused' }));
});

test('the answer to a captured request is judged by that request', () => {
  const voltageAsked = bytesOf('010301010001d436');
  expect(answersOf(modbusAnswerTo(voltageAsked)?.take ?? fail, voltage)).toEqual([
    registersAt(0x0101, bytesOf('007b')),
  ]);
  const write = bytesOf('010601200001483c');
  expect(answersOf(modbusAnswerTo(write)?.take ?? fail, write)).toEqual([write]);
  expect(modbusAnswerTo(undefined)).toBeUndefined();
});

const fail = (): never => {
  throw new Error('the request is not understood');
};
