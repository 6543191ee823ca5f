// AD structures of an advertisement or scan response: length, type, data.
// Bluetooth Core Specification, Vol 3 Part C, 11; types from Assigned Numbers 2.3.

interface ManufacturerData {
  readonly company: number;
  /** What follows the company id. */
  readonly payload: Uint8Array;
}

interface AdvertisingData {
  readonly name?: string;
  readonly manufacturer: readonly ManufacturerData[];
}

const shortenedName = 0x08;
const completeName = 0x09;
const manufacturerSpecific = 0xff;

/** A structure that reaches beyond the end is left out; nothing throws. The payloads are copies. */
export function readAdvertisingData(data: Buffer): AdvertisingData {
  const manufacturer: ManufacturerData[] = [];
  let name: string | undefined;
  for (let start = 0; start + 1 < data.length; ) {
    const end = start + 1 + (data[start] as number);
    // A length of 0 ends the significant part.
    if (end === start + 1 || end > data.length) break;
    const type = data[start + 1];
    if (type === completeName || (type === shortenedName && name === undefined)) {
      name = data.toString('utf8', start + 2, end);
    } else if (type === manufacturerSpecific && end - start >= 4) {
      const payload = Uint8Array.from(data.subarray(start + 4, end));
      manufacturer.push({ company: data.readUInt16LE(start + 2), payload });
    }
    start = end;
  }
  return { manufacturer, ...(name === undefined ? {} : { name }) };
}
