/** Reads little-endian values one after another from the beginning of a file, never past what is there. */

/** Thrown when the bytes at hand end: the reader then fetches more of the file, or says that it is truncated. */
export class NeedsMore extends Error {}

export class Cursor {
  #at = 0;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8');

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.#at;
  }

  /** Proves that `count` more bytes are there and steps over them. */
  #take(count: number): number {
    if (count > this.remaining) throw new NeedsMore();
    const at = this.#at;
    this.#at += count;
    return at;
  }

  uint8 = (): number => this.#view.getUint8(this.#take(1));
  int8 = (): number => this.#view.getInt8(this.#take(1));
  uint16 = (): number => this.#view.getUint16(this.#take(2), true);
  int16 = (): number => this.#view.getInt16(this.#take(2), true);
  uint32 = (): number => this.#view.getUint32(this.#take(4), true);
  int32 = (): number => this.#view.getInt32(this.#take(4), true);
  uint64 = (): bigint => this.#view.getBigUint64(this.#take(8), true);
  int64 = (): bigint => this.#view.getBigInt64(this.#take(8), true);
  float32 = (): number => this.#view.getFloat32(this.#take(4), true);
  float64 = (): number => this.#view.getFloat64(this.#take(8), true);

  text(bytes: number): string {
    const at = this.#take(bytes);
    return this.#text.decode(this.bytes.subarray(at, at + bytes));
  }
}
