// A HID device in software: /dev/uhid makes a /dev/hidrawN of it, with any vendor and product id.
// Linux: Documentation/hid/uhid.rst, include/uapi/linux/uhid.h. Needs root and the modules uhid and hid-generic.
// The read under way keeps the process from ending by itself: run it as a child, and end that by SIGKILL.

import { openSync, read, writeSync } from 'node:fs';

export interface HidDeviceOptions {
  readonly name: string;
  readonly vendorId: number;
  readonly productId: number;
  /** Bytes of an input and of an output report, without report number. */
  readonly reportBytes: number;
  /** One output report of the host. */
  readonly received: (report: Uint8Array) => void;
  /** The kernel's event types, as they come: for tests. */
  readonly happened?: (event: number) => void;
}

export interface HidDevice {
  /** One input report to the host. */
  send(report: Uint8Array): void;
  unplug(): void;
}

const eventTypes = {
  destroy: 1,
  output: 6,
  getReport: 9,
  getReportReply: 10,
  create: 11,
  input: 12,
  setReport: 13,
  setReportReply: 14,
};
/** Type and the largest member of the union, `uhid_create2_req`. */
const eventBytes = 4376;
const busUsb = 3;
const ioError = 5;

/** A vendor's page with one input and one output report, both without a number. */
const descriptorOf = (bytes: number): Buffer =>
  Buffer.from([
    ...[0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, bytes],
    ...[0x09, 0x01, 0x81, 0x02, 0x95, bytes, 0x09, 0x01, 0x91, 0x02, 0xc0],
  ]);

/** @throws Error when the kernel has no /dev/uhid */
export function plugInHidDevice(options: HidDeviceOptions): HidDevice {
  const descriptor = openSync('/dev/uhid', 'r+');
  const tell = (event: Buffer): void => void writeSync(descriptor, event);
  tell(creation(options));
  const buffer = Buffer.alloc(eventBytes);
  const next = (): void =>
    read(descriptor, buffer, 0, eventBytes, null, (error) => {
      if (error !== null) return;
      take(buffer, options, tell);
      next();
    });
  next();
  return {
    send(report) {
      const event = emptyEvent(eventTypes.input);
      event.writeUInt16LE(report.length, 4);
      event.set(report, 6);
      tell(event);
    },
    unplug: () => tell(emptyEvent(eventTypes.destroy)),
  };
}

function emptyEvent(type: number): Buffer {
  const event = Buffer.alloc(eventBytes);
  event.writeUInt32LE(type, 0);
  return event;
}

function creation({ name, vendorId, productId, reportBytes }: HidDeviceOptions): Buffer {
  const event = emptyEvent(eventTypes.create);
  const report = descriptorOf(reportBytes);
  event.write(name, 4, 127);
  event.write('virtual/0', 132, 63);
  event.write('0001', 196, 63);
  event.writeUInt16LE(report.length, 260);
  event.writeUInt16LE(busUsb, 262);
  event.writeUInt32LE(vendorId, 264);
  event.writeUInt32LE(productId, 268);
  event.writeUInt32LE(0x0110, 272);
  event.set(report, 280);
  return event;
}

function take(event: Buffer, { received, happened }: HidDeviceOptions, tell: (event: Buffer) => void): void {
  const type = event.readUInt32LE(0);
  happened?.(type);
  if (type === eventTypes.output) received(reportIn(event, 4, event.readUInt16LE(4100)));
  if (type === eventTypes.setReport) {
    const reply = emptyEvent(eventTypes.setReportReply);
    event.copy(reply, 4, 4, 8);
    tell(reply);
    received(reportIn(event, 12, event.readUInt16LE(10)));
  }
  if (type === eventTypes.getReport) {
    const reply = emptyEvent(eventTypes.getReportReply);
    event.copy(reply, 4, 4, 8);
    reply.writeUInt16LE(ioError, 8);
    tell(reply);
  }
}

/** The host puts the number 0 in front of a report that has none. */
function reportIn(event: Buffer, from: number, length: number): Uint8Array {
  const report = Uint8Array.from(event.subarray(from, from + length));
  return length > 1 && report[0] === 0 ? report.subarray(1) : report;
}
