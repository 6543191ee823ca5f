// Passwords as they are kept: scrypt (RFC 7914), its parameters stored with the hash in the PHC string format
// ("$scrypt$ln=15,r=8,p=1$salt$hash"), so that they can grow without a word to those who have a password already.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MiB and about 80 ms a try: a Pi stands it when its agents come back, a list of words takes years. */
const cost = { ln: 15, r: 8, p: 1 };
/** More than this a file must not ask of the machine. */
const costMax = { ln: 18, r: 16, p: 4 };
const saltBytes = 16;
const hashBytes = 32;
/** 144 bits. */
const generatedBytes = 18;
/** Longer ones are none: what is hashed before anyone is known has a bound. */
export const passwordLengthMax = 256;
export const passwordLengthMin = 8;

export const generatePassword = (): string => randomBytes(generatedBytes).toString('base64url');

export async function hashPassword(password: string, salt = randomBytes(saltBytes)): Promise<string> {
  const { ln, r, p } = cost;
  const hash = await derive(password, salt, hashBytes, { N: 2 ** ln, r, p });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** What nobody's password fits: trying it costs as much as trying a real one. */
export const nobodysHash = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${unpadded(Buffer.alloc(saltBytes))}$${unpadded(Buffer.alloc(hashBytes))}`;

const shape = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{16,128})\$([A-Za-z0-9+/]{22,128})$/;

/** Whether it is a hash that can be tried here. */
export const isPasswordHash = (text: string): boolean => parse(text) !== undefined;

export async function fitsPassword(password: string, kept: string): Promise<boolean> {
  const parsed = parse(kept);
  if (parsed === undefined || password.length > passwordLengthMax) return false;
  const { salt, hash, options } = parsed;
  return timingSafeEqual(await derive(password, salt, hash.length, options), hash);
}

function parse(text: string) {
  const [, ln, r, p, salt = '', hash = ''] = shape.exec(text) ?? [];
  const asked = { ln: Number(ln), r: Number(r), p: Number(p) };
  const isWithin = asked.ln >= 1 && asked.ln <= costMax.ln && asked.r <= costMax.r && asked.p <= costMax.p;
  if (!isWithin || asked.r < 1 || asked.p < 1) return undefined;
  const options = { N: 2 ** asked.ln, r: asked.r, p: asked.p };
  return { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64'), options };
}

function derive(
  password: string,
  salt: Buffer,
  bytes: number,
  { N, r, p }: { N: number; r: number; p: number },
): Promise<Buffer> {
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFC'), salt, bytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
