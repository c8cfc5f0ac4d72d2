/** The header of a safetensors file is hostile input: whatever it claims, we read it rightly or refuse it with a code. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { headerLength, parseHeader } from '../../app/models/weights/safetensors-header.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof UserError ? error.code : error;
  }
  return undefined;
};

describe('parseHeader', () => {
  it('reads names, types, shapes and offsets from the start of the file', () => {
    const header = encode({
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    });
    const { metadata, tensors } = parseHeader(header, 8 + header.byteLength + 24, 'x');
    expect(metadata).toEqual({ format: 'pt' });
    expect(tensors).toEqual([
      { name: 'a', dtype: 'F32', shape: [2, 3], begin: 8 + header.byteLength, end: 8 + header.byteLength + 24 },
    ]);
  });

  it.each([
    ['weights/truncated', { a: { dtype: 'F32', shape: [1000], data_offsets: [0, 4000] } }],
    ['weights/corrupt', { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }],
    ['weights/corrupt', { a: { dtype: 'Q9', shape: [1], data_offsets: [0, 4] } }],
    ['weights/corrupt', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }],
    [
      'weights/corrupt',
      { a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] }, b: { dtype: 'U8', shape: [4], data_offsets: [2, 6] } },
    ],
    ['weights/corrupt', []],
  ])('refuses with %s: %j', (code, header) => {
    const bytes = encode(header);
    expect(codeOf(() => parseHeader(bytes, 8 + bytes.byteLength + 16, 'x'))).toBe(code);
  });

  it('never fails in any other way on mutated headers', () => {
    const original = encode({
      a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: 'I8', shape: [4], data_offsets: [24, 28] },
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (edits) => {
          const bytes = original.slice();
          for (const [at, value] of edits) bytes[at] = value;
          try {
            for (const t of parseHeader(bytes, 8 + bytes.byteLength + 28, 'x').tensors)
              expect(t.end).toBeLessThanOrEqual(8 + bytes.byteLength + 28);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('headerLength', () => {
  it('refuses a length beyond the file, an absurd one and an empty file', () => {
    const prefix = (n: bigint) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, n, true);
      return bytes;
    };
    expect(headerLength(prefix(10n), 100, 'x')).toBe(10);
    expect(codeOf(() => headerLength(prefix(200n), 100, 'x'))).toBe('weights/truncated');
    expect(codeOf(() => headerLength(prefix(2n ** 60n), 100, 'x'))).toBe('weights/corrupt');
    expect(codeOf(() => headerLength(new Uint8Array(0), 0, 'x'))).toBe('weights/truncated');
  });
});
