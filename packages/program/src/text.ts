// Text on its way to a person: times, and what came from outside made harmless.

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:07`, local. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** `2026-07-22 14:03:07`, local. */
export function formatDateTime(timeMs: number): string {
  const time = new Date(timeMs);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${formatTime(timeMs)}`;
}

/** Control characters as `\x1b`: a name heard on the air must not move the cursor or forge a line. */
export function visible(text: string): string {
  let result = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
    result += isControl ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  }
  return result;
}
