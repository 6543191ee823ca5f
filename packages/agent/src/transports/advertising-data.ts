// AD structures of an advertisement or scan response: length, type, data.
// Bluetooth Core Specification, Vol 3 Part C, 11; types from Assigned Numbers 2.3.

interface ManufacturerData {
  readonly company: number;
  /** What follows the company id. */
  readonly payload: Uint8Array;
}

interface AdvertisingData {
  readonly name?: string;
  /** Ids of the services that it says it has: 4 hex digits, or 32 with dashes. */
  readonly services: readonly string[];
  readonly manufacturer: readonly ManufacturerData[];
}

/** Some or all of the ids of its services → bytes of each. */
const serviceTypes: { readonly [type: number]: number } = { 2: 2, 3: 2, 6: 16, 7: 16 };
const shortenedName = 0x08;
const completeName = 0x09;
const manufacturerSpecific = 0xff;

/** A structure that reaches beyond the end is left out; nothing throws. The payloads are copies. */
export function readAdvertisingData(data: Buffer): AdvertisingData {
  const manufacturer: ManufacturerData[] = [];
  const services: string[] = [];
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
    const idBytes = serviceTypes[type ?? 0] ?? Number.POSITIVE_INFINITY;
    for (let at = start + 2; at + idBytes <= end; at += idBytes)
      services.push(serviceId(data.subarray(at, at + idBytes)));
    start = end;
  }
  return { manufacturer, services, ...(name === undefined ? {} : { name }) };
}

/** Low byte first on the air. */
function serviceId(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.toReversed()).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
