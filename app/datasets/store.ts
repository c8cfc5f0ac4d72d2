/** Many encoded examples in little memory: five bytes a token, in pages, so that growing never copies. */
import { IGNORED } from './encode.ts';

const PAGE = 1 << 20;

interface Page {
  readonly ids: Int32Array;
  /** 1 where the token is learnt. */
  readonly learnt: Uint8Array;
  used: number;
}

export class EncodedStore {
  readonly #pages: Page[] = [];
  #pageOf = new Int32Array(1024);
  #startOf = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #count = 0;
  #tokens = 0;
  #supervised = 0;

  /** The examples of several stores, one store after the other; their tokens are shared, not copied. */
  static joined(stores: readonly EncodedStore[]): EncodedStore {
    const all = new EncodedStore();
    for (const store of stores) {
      const firstPage = all.#pages.length;
      // Nothing is added to a page of another store.
      all.#pages.push(...store.#pages.map((page) => ({ ...page, used: page.ids.length })));
      for (let i = 0; i < store.#count; i += 1) {
        if (all.#count === all.#lengths.length) all.#grow();
        all.#pageOf[all.#count] = firstPage + store.#pageOf[i];
        all.#startOf[all.#count] = store.#startOf[i];
        all.#lengths[all.#count] = store.#lengths[i];
        all.#count += 1;
      }
      all.#tokens += store.#tokens;
      all.#supervised += store.#supervised;
    }
    return all;
  }

  get count(): number {
    return this.#count;
  }

  /** Tokens of all examples. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Positions that are predicted and learnt: labels other than -100, an example's first token never counted. */
  get supervised(): number {
    return this.#supervised;
  }

  /** Tokens of the longest example. */
  get longest(): number {
    let longest = 0;
    for (let i = 0; i < this.#count; i += 1) longest = Math.max(longest, this.#lengths[i]);
    return longest;
  }

  lengthOf(index: number): number {
    return this.#lengths[index];
  }

  /** `labels`: ids or -100, as `encodeExample` gives them. */
  add(ids: Int32Array, labels: Int32Array): void {
    const page = this.#pageFor(ids.length);
    page.ids.set(ids, page.used);
    // Nothing predicts the first token: in a packed row it would be the example before, which must not leak in.
    for (let i = 1; i < labels.length; i += 1) {
      if (labels[i] === IGNORED) continue;
      page.learnt[page.used + i] = 1;
      this.#supervised += 1;
    }
    if (this.#count === this.#lengths.length) this.#grow();
    this.#pageOf[this.#count] = this.#pages.length - 1;
    this.#startOf[this.#count] = page.used;
    this.#lengths[this.#count] = ids.length;
    page.used += ids.length;
    this.#count += 1;
    this.#tokens += ids.length;
  }

  /** Writes example `index` into `ids` and `labels` at `offset`; both must have room for it. */
  copy(index: number, ids: Int32Array, labels: Int32Array, offset: number): void {
    const page = this.#pages[this.#pageOf[index]];
    const start = this.#startOf[index];
    const length = this.#lengths[index];
    ids.set(page.ids.subarray(start, start + length), offset);
    for (let i = 0; i < length; i += 1) labels[offset + i] = page.learnt[start + i] ? page.ids[start + i] : IGNORED;
  }

  get(index: number): { readonly ids: Int32Array; readonly labels: Int32Array } {
    const ids = new Int32Array(this.#lengths[index]);
    const labels = new Int32Array(this.#lengths[index]);
    this.copy(index, ids, labels, 0);
    return { ids, labels };
  }

  /** The first examples, or this very store where it has no more. */
  first(count: number): EncodedStore {
    if (this.#count <= count) return this;
    const few = new EncodedStore();
    for (let i = 0; i < count; i += 1) {
      const { ids, labels } = this.get(i);
      few.add(ids, labels);
    }
    return few;
  }

  #pageFor(length: number): Page {
    const last = this.#pages.at(-1);
    if (last && last.used + length <= last.ids.length) return last;
    const size = Math.max(PAGE, length);
    const page = { ids: new Int32Array(size), learnt: new Uint8Array(size), used: 0 };
    this.#pages.push(page);
    return page;
  }

  #grow(): void {
    const longer = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.#pageOf = longer(this.#pageOf);
    this.#startOf = longer(this.#startOf);
    this.#lengths = longer(this.#lengths);
  }
}

/** Joins the parts of a document and cuts it into examples of exactly `length` tokens (its last may be shorter). */
export class StreamCutter {
  readonly #store: EncodedStore;
  readonly #length: number;
  #pending: number[] = [];

  constructor(store: EncodedStore, length: number) {
    this.#store = store;
    this.#length = length;
  }

  add(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#pending.push(id);
      if (this.#pending.length === this.#length) this.finish();
    }
  }

  /** Stores what is left. A single token predicts nothing and is dropped. */
  finish(): void {
    const ids = Int32Array.from(this.#pending);
    if (ids.length > 1) this.#store.add(ids, ids);
    this.#pending = [];
  }
}
