// A link over a Bluetooth connection: requests are written and answers notified, or characteristics are read one by one.

import { type GattMedium, type Link, TransportError } from '../transport.ts';
import { type AttClient, type AttOptions, attClient, type Characteristic } from './att-client.ts';
import { createChunkBuffer } from './chunk-buffer.ts';

/** The first of the media whose characteristics the device has is taken. @throws TransportError */
export async function gattLink(
  connection: Omit<AttOptions, 'lost'>,
  media: readonly GattMedium[],
): Promise<Link> {
  const { address } = connection;
  const received = createChunkBuffer();
  const client = attClient({ ...connection, lost: received.fail });
  try {
    const services = await client.services();
    for (const medium of media) {
      const wanted = servicesOf(medium, services);
      if (wanted.length === 0) continue;
      const found: Characteristic[] = [];
      for (const service of wanted) found.push(...(await client.characteristics(service)));
      const link =
        medium.medium === 'gatt'
          ? await pipe(client, found, medium, received)
          : values(client, found, received);
      if (link !== undefined) return link;
    }
    const wanted = media.map((medium) => medium.services.join(' and ')).join(', or ');
    throw new TransportError(
      'absent',
      `${address} is not what the configuration says: expected the Bluetooth service ${wanted || 'of its maker'}, it has ${services.join(', ') || 'none'}`,
    );
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** What every device has of the Bluetooth profiles; makers use the same ids for other things. */
const common: readonly string[] = ['1800', '1801'];

/** The services to look through; none: the device lacks one. */
function servicesOf(medium: GattMedium, services: readonly string[]): readonly string[] {
  const wanted = medium.services.map(bare);
  if (wanted.length === 0) return services.filter((service) => !common.includes(service));
  return wanted.every((service) => services.includes(service)) ? wanted : [];
}

type Received = ReturnType<typeof createChunkBuffer>;

/** `undefined`: the device lacks one of the characteristics. */
async function pipe(
  client: AttClient,
  found: readonly Characteristic[],
  medium: Extract<GattMedium, { medium: 'gatt' }>,
  received: Received,
): Promise<Link | undefined> {
  const withId = (id: string, properties: readonly string[]) =>
    found.find((each) => each.id === bare(id) && properties.some((one) => each.properties.includes(one)));
  const notifying = withId(medium.notify, ['notify', 'indicate']);
  const writing = withId(medium.write, ['write', 'writeWithoutResponse']);
  if (notifying === undefined || writing === undefined) return undefined;
  await client.subscribe(notifying, received.push);
  return {
    read: received.read,
    write(bytes) {
      received.forget();
      return client.write(writing, bytes);
    },
    close: () => closing(client, received),
  };
}

/** The request names a characteristic; its value is the answer, as it is, and nothing that of one that is not there. */
function values(client: AttClient, found: readonly Characteristic[], received: Received): Link {
  let asked = 0;
  return {
    read: received.read,
    async write(bytes) {
      received.forget();
      const own = ++asked;
      const id = bare(Buffer.from(bytes).toString('hex'));
      const from = found.find((each) => each.id === id);
      const value = from === undefined ? new Uint8Array() : await client.read(from);
      // One that was given up and comes late is no answer to the question after it.
      if (own === asked) received.push(value);
    },
    close: () => closing(client, received),
  };
}

function closing(client: AttClient, received: Received): Promise<void> {
  received.fail(new TransportError('lost', 'the link is closed'));
  return client.close();
}

const shortForm = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/;

/** As noble writes it: without dashes, and short where the Bluetooth base allows it. */
function bare(id: string): string {
  const digits = id.replaceAll('-', '').toLowerCase();
  return shortForm.exec(digits)?.[1] ?? digits;
}
