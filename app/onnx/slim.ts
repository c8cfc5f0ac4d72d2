/** Reads a model file without its large tensors: they stay in the file, named by their places, and only pass when used. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../contract/errors.ts';
import type { RandomAccessFile } from '../files/random-access.ts';
import * as P from './fields.ts';

/** The location of tensors that lie in the model file itself: no file can have this name. */
export const SELF = '\0self';

/** Tensors smaller than this are read with the graph. */
const SMALL = 64 * 2 ** 10;
const WINDOW = 2 ** 20;
/** A tag and a length of ten bytes each at most. */
const LONGEST_PREFIX = 20;
/** Graphs, texts and small tensors of the largest models are some tens of megabytes. */
const LARGEST_REST = 2 ** 30;

/**
 * The bytes of a ModelProto like the file's, but with each large `raw_data` of the graph's initialisers replaced by its
 * place in the file.
 * @throws UserError onnx/corrupt
 */
export async function slimModel(file: RandomAccessFile): Promise<Uint8Array> {
  const scanner = new Scanner(file);
  const w = new BinaryWriter();
  await scanner.message(w, 0, file.size, async ({ number, begin, end }) => {
    if (number !== P.MODEL.graph) return false;
    w.tag(number, WireType.LengthDelimited).fork();
    await scanner.message(w, begin, end, async (inner) => {
      if (inner.number !== P.GRAPH.initializer || inner.end - inner.begin < SMALL) return false;
      w.tag(inner.number, WireType.LengthDelimited).fork();
      await scanner.message(w, inner.begin, inner.end, async (part) => {
        if (part.number !== P.TENSOR.rawData || part.end - part.begin < SMALL) return false;
        for (const [key, value] of Object.entries({
          location: SELF,
          offset: part.begin,
          length: part.end - part.begin,
        })) {
          w.tag(P.TENSOR.externalData, WireType.LengthDelimited).fork();
          w.tag(P.ENTRY.key, WireType.LengthDelimited).string(key);
          w.tag(P.ENTRY.value, WireType.LengthDelimited).string(String(value));
          w.join();
        }
        w.tag(P.TENSOR.dataLocation, WireType.Varint).int32(1);
        return true;
      });
      w.join();
      return true;
    });
    w.join();
    return true;
  });
  return w.finish();
}

/** A field with a length, its content at [begin, end) of the file. */
interface Part {
  readonly number: number;
  readonly begin: number;
  readonly end: number;
}

class Scanner {
  readonly #file: RandomAccessFile;
  #window = new Uint8Array();
  #from = 0;
  #copied = 0;

  constructor(file: RandomAccessFile) {
    this.#file = file;
  }

  /** Copies the fields of the message at [at, end) to `w`, except those that `take` has written in its own way. */
  async message(w: BinaryWriter, at: number, end: number, take: (part: Part) => Promise<boolean>): Promise<void> {
    for (let position = at; position < end; ) {
      const { number, wire, content, after } = await this.#field(position, end);
      const taken = wire === WireType.LengthDelimited && (await take({ number, begin: content, end: after }));
      if (!taken) w.raw(Uint8Array.from(await this.#bytes(position, after)));
      position = after;
    }
  }

  /** The field at `position`: where its content begins and where it ends. */
  async #field(position: number, end: number) {
    const head = await this.#bytes(position, Math.min(end, position + LONGEST_PREFIX), false);
    const reader = new BinaryReader(head);
    const corrupt = (cause?: unknown) =>
      new UserError('onnx/corrupt', `${this.#file.path} is no ONNX model, or damaged at byte ${position}`, { cause });
    let number: number;
    let wire: WireType;
    let after: number;
    let content: number;
    try {
      [number, wire] = reader.tag();
      content = position + reader.pos;
      if (wire === WireType.LengthDelimited) {
        const length = Number(reader.uint64());
        content = position + reader.pos;
        after = content + length;
      } else {
        reader.skip(wire, number);
        after = position + reader.pos;
      }
    } catch (cause) {
      throw corrupt(cause);
    }
    if (after > end) throw corrupt();
    return { number, wire, content, after };
  }

  /** Bytes of the file, through a window: valid until the next call. */
  async #bytes(begin: number, end: number, kept = true): Promise<Uint8Array> {
    if (kept && (this.#copied += end - begin) > LARGEST_REST)
      throw new UserError('onnx/unsupported', `${this.#file.path} holds more than a gigabyte besides its tensors`);
    if (end - begin > WINDOW) {
      const bytes = new Uint8Array(end - begin);
      await this.#file.read(begin, bytes);
      return bytes;
    }
    if (begin < this.#from || end > this.#from + this.#window.byteLength) {
      this.#from = begin;
      this.#window = new Uint8Array(Math.min(WINDOW, this.#file.size - begin));
      await this.#file.read(begin, this.#window);
    }
    return this.#window.subarray(begin - this.#from, end - this.#from);
  }
}
