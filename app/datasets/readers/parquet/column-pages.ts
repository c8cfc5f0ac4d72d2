/** One column of one row group, read page by page as its rows are asked for. */
import type { FileHandle } from 'node:fs/promises';
import type { ColumnChunk, DecodedArray, PageHeader, ParquetType } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { unpackers } from './compression.ts';
import { type Footer, isUnsigned, readBytes } from './footer.ts';
import { checkRuns } from './runs.ts';

/** Writers make pages of 1 MiB; one row of a long document makes a larger one. */
const LARGEST_PAGE = 256 * 1024 * 1024;
/** A header has some 30 bytes, and more where it holds the page's smallest and largest text. */
const HEADER_READ = 4096;
const READ_AHEAD = 256 * 1024;

const bitsFor = (value: number): number => 32 - Math.clz32(value);

export class ColumnPages {
  readonly path: readonly string[];
  readonly #handle: FileHandle;
  readonly #decoder;
  readonly #maxRepetition: number;
  readonly #maxDefinition: number;
  readonly #unsigned32: boolean;
  readonly #end: number;
  #at: number;
  #valuesLeft: number;
  #window = { at: 0, bytes: new Uint8Array(0) };
  #dictionary: DecodedArray | undefined;
  /** Decoded and not yet taken; of a nested column the last may go on in the next page. */
  #rows: DecodedArray = [];
  #taken = 0;

  constructor(handle: FileHandle, { schema, size }: Footer, chunk: ColumnChunk, rows: number) {
    const about = chunk.meta_data!;
    if (chunk.file_path || chunk.crypto_metadata) throw new Error('its columns are encrypted or in other files');
    this.#handle = handle;
    this.path = about.path_in_schema;
    const schemaPath = getTreePath(schema, about.path_in_schema);
    const { element } = schemaPath[schemaPath.length - 1];
    this.#maxRepetition = getMaxRepetitionLevel(schemaPath);
    this.#maxDefinition = getMaxDefinitionLevel(schemaPath);
    // Only text is made here, once for every entry of a dictionary; the rest stays as stored, for our conversions to be exact.
    const text = element.converted_type === 'UTF8' ? ('UTF8' as const) : undefined;
    const plain = { ...element, converted_type: text, logical_type: undefined };
    this.#decoder = {
      pathInSchema: about.path_in_schema,
      schemaPath,
      element: plain,
      type: about.type,
      utf8: false,
      codec: about.codec,
      parsers: { ...DEFAULT_PARSERS, timestampFromNanoseconds: (nanos: bigint) => nanos },
    };
    this.#unsigned32 = about.type === 'INT32' && isUnsigned(element);
    this.#at = Number(about.dictionary_page_offset || about.data_page_offset);
    this.#end = this.#at + Number(about.total_compressed_size);
    this.#valuesLeft = Number(about.num_values);
    const sane = this.#at >= 0 && this.#end >= this.#at && this.#end <= size;
    if (!sane || about.type !== element.type)
      throw new Error(`the column ${this.path.join('.')} lies outside the file`);
    if (this.#maxRepetition === 0 && this.#valuesLeft !== rows)
      throw new Error(`the column ${this.path.join('.')} has another number of rows`);
  }

  /** The next `count` rows. @throws Error where the column ends before */
  async take(count: number): Promise<unknown[]> {
    while (this.#whole() < count) await this.#readPage(0);
    const values = Array.from<unknown>(this.#rows.slice(this.#taken, this.#taken + count));
    this.#taken += count;
    return values;
  }

  /** Passes over `count` rows; pages that hold nothing else are not unpacked where their header tells. */
  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      const now = Math.min(left, this.#whole());
      this.#taken += now;
      left -= now;
      if (left > 0) left -= await this.#readPage(left);
    }
  }

  /** Rows decoded, complete and not taken. */
  #whole(): number {
    const open = this.#maxRepetition > 0 && this.#valuesLeft > 0 ? 1 : 0;
    return Math.max(0, this.#rows.length - this.#taken - open);
  }

  /** Reads one page, or passes over it if all its rows are among the next `skip`: then it gives how many those are. */
  async #readPage(skip: number): Promise<number> {
    if (this.#valuesLeft <= 0) throw new Error(`the column ${this.path.join('.')} ends too early`);
    const header = await this.#header();
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    const fits = packed >= 0 && this.#at + packed <= this.#end && unpacked >= 0 && unpacked <= LARGEST_PAGE;
    if (!fits) throw new Error('a page has an impossible size');
    const start = this.#at;
    this.#at += packed;
    const isDictionary = header.type === 'DICTIONARY_PAGE';
    const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    if (!isDictionary) {
      if (!(values >= 0 && values <= this.#valuesLeft)) throw new Error('a page has more values than its column');
      this.#valuesLeft -= values;
      if (values === 0) return 0;
      if (this.#maxRepetition === 0 && this.#rows.length === this.#taken && values <= skip) return values;
    } else if (!((header.dictionary_page_header?.num_values ?? -1) <= unpacked)) {
      throw new Error('a dictionary has more values than bytes');
    }
    const page = this.#unpack(await this.#bytes(start, packed), header);
    const whole = { ...header, compressed_page_size: page.length, uncompressed_page_size: page.length };
    if (whole.data_page_header_v2) whole.data_page_header_v2 = { ...whole.data_page_header_v2, is_compressed: false };
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const decoder = { ...this.#decoder, type: this.#typeIn(header), codec: 'UNCOMPRESSED' as const };
    if (!isDictionary) this.#check(page, header);
    const rest = isDictionary ? [] : Array.from<unknown>(this.#rows.slice(this.#taken));
    const { data } = readPage(reader, whole, decoder, this.#dictionary, rest, 0);
    if (!data) throw new Error('a page holds nothing');
    if (isDictionary) {
      this.#dictionary = convert(data, this.#decoder);
    } else {
      this.#rows = data === rest || rest.length === 0 ? data : rest.concat(Array.from<unknown>(data));
      this.#taken = 0;
    }
    return 0;
  }

  /** Differences of unsigned 32-bit numbers are written in 32 or 64 bits: 64 read both, and the upper ones are cut off later. */
  #typeIn({ data_page_header: first, data_page_header_v2: second }: PageHeader): ParquetType {
    const delta = (second ?? first)?.encoding === 'DELTA_BINARY_PACKED';
    return delta && this.#unsigned32 ? 'INT64' : this.#decoder.type;
  }

  async #header(): Promise<PageHeader> {
    for (let length = HEADER_READ; ; length *= 8) {
      const bytes = await this.#bytes(this.#at, Math.min(length, this.#end - this.#at));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      try {
        const header = parquetHeader(reader);
        this.#at += reader.offset;
        return header;
      } catch (cause) {
        // It may only be longer than what was read of it.
        if (this.#at + bytes.length >= this.#end || length > READ_AHEAD * 64) throw cause;
      }
    }
  }

  /** Part of the column, through a window so that small pages do not cost a read each. */
  async #bytes(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = this.#window.at + this.#window.bytes.length;
    if (at < this.#window.at || at + length > end) {
      const ahead = Math.max(length, Math.min(READ_AHEAD, this.#end - at));
      this.#window = { at, bytes: await readBytes(this.#handle, at, ahead) };
    }
    const from = at - this.#window.at;
    return this.#window.bytes.slice(from, from + length);
  }

  /** The page's bytes, none of them compressed. */
  #unpack(bytes: Uint8Array<ArrayBuffer>, header: PageHeader): Uint8Array {
    const second = header.data_page_header_v2;
    const { codec } = this.#decoder;
    if (!second) return decompressPage(bytes, header.uncompressed_page_size, codec, unpackers);
    const levels = second.repetition_levels_byte_length + second.definition_levels_byte_length;
    const length = header.uncompressed_page_size - levels;
    if (!(levels >= 0 && levels <= bytes.length && length >= 0)) throw new Error('a page leaves its bounds');
    if (second.is_compressed === false || length === 0) return bytes;
    const page = new Uint8Array(header.uncompressed_page_size);
    page.set(bytes.subarray(0, levels));
    page.set(decompressPage(bytes.subarray(levels), length, codec, unpackers), levels);
    return page;
  }

  /** Levels and dictionary indices, before anything is made from them. */
  #check(page: Uint8Array, header: PageHeader): void {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const second = header.data_page_header_v2;
    const about = second ?? header.data_page_header;
    if (!about) throw new Error('a page has no header');
    const count = about.num_values;
    let at = 0;
    const levels = (most: number, given: number | undefined): void => {
      if (most === 0 && given === undefined) return;
      const length = given ?? view.getUint32(at, true);
      if (given === undefined) at += 4;
      if (most > 0) checkRuns(page, [at, at + length], bitsFor(most), count);
      at += length;
    };
    levels(this.#maxRepetition, second?.repetition_levels_byte_length);
    levels(this.#maxDefinition, second?.definition_levels_byte_length);
    if (second && !(second.num_nulls >= 0 && second.num_nulls <= count)) throw new Error('a page has too many nulls');
    if (about.encoding?.endsWith('_DICTIONARY') && at < page.length)
      checkRuns(page, [at + 1, page.length], page[at], count, false);
    if (about.encoding === 'RLE') checkRuns(page, [at + 4, page.length], 1, count, false);
  }
}
