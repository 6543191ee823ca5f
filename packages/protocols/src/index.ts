export * from './catalogue.ts';
export * from './decode.ts';
export * from './device.ts';
export * from './devices/index.ts';
export * from './field.ts';
export { formatBlock } from './framing/vedirect-text.ts';
export * from './kinds.ts';
export * from './reading.ts';
export * from './session.ts';
