/** GPT-2's alphabet: each of the 256 bytes has one printable character of its own. */

const characters: string[] = new Array(256);
const bytes = new Map<string, number>();
{
  let next = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    characters[byte] = String.fromCharCode(printable ? byte : next++);
    bytes.set(characters[byte], byte);
  }
}

const encoder = new TextEncoder();

/** The characters that stand for the UTF-8 bytes of `text`. */
export function toByteCharacters(text: string): string {
  let result = '';
  for (const byte of encoder.encode(text)) result += characters[byte];
  return result;
}

/** Appends the bytes of one token; a token with a character outside the alphabet stands for its own UTF-8 bytes. */
export function appendTokenBytes(token: string, target: number[]): void {
  const start = target.length;
  for (const character of token) {
    const byte = bytes.get(character);
    if (byte === undefined) {
      target.length = start;
      target.push(...encoder.encode(token));
      return;
    }
    target.push(byte);
  }
}
