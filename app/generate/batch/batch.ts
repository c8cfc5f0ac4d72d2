/**
 * Continuous batching (Yu et al. 2022, "Orca"): requests join and leave between any two steps. Every turn reads a piece of
 * one prompt, or several short prompts that have no more tokens, and then adds a token to each sequence that has been read,
 * so that nobody waits for more than a piece.
 */
import { UserError } from '../../contract/errors.ts';
import { PIECE, pieceEnd } from '../pieces.ts';
import { roomBeside } from '../room.ts';
import type { BatchDecoder } from './batch-decoder.ts';
import { Lanes } from './lanes.ts';
import { readTogether } from './read-together.ts';
import { type BatchRequest, type BatchRun, Sequence } from './sequence.ts';

export interface BatchLimits {
  /** Sequences that run at once; fewer than the decoder has lanes. */
  readonly concurrency: number;
  /** Requests that may wait for their turn. */
  readonly queue: number;
}

/** Tokens of prompts that are read in a turn while others wait for their next token. */
const SHARED_PIECE = 64;

export class Batch {
  readonly decoder: BatchDecoder;
  readonly #limits: BatchLimits;
  readonly #lanes: Lanes;
  readonly #waiting: Sequence[] = [];
  /** Those whose prompt is still being read, the next one first. */
  #reading: Sequence[] = [];
  #decoding: Sequence[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  readonly counts = { promptTokens: 0, cachedTokens: 0, tokens: 0, steps: 0, drafted: 0, accepted: 0 };

  constructor(decoder: BatchDecoder, limits: BatchLimits) {
    this.decoder = decoder;
    this.#limits = limits;
    this.#lanes = new Lanes(decoder);
  }

  get active(): number {
    return this.#reading.length + this.#decoding.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * @throws UserError arguments/invalid where the prompt has no token, prompt/too-long where it leaves no room for one,
   * server/busy where the queue is full
   */
  submit(request: BatchRequest): BatchRun {
    const { prompt, signal } = request;
    if (prompt.length === 0) throw new UserError('arguments/invalid', 'the prompt has no token');
    const room = roomBeside(prompt.length, this.decoder.maxLength);
    // Those who wait may have a place already, which they are given between two steps.
    const taken = [...this.#reading, ...this.#decoding].filter(({ over }) => !over).length + this.waiting;
    if (this.#closed || taken >= this.#limits.concurrency + this.#limits.queue) {
      throw new UserError('server/busy', `${this.active} requests run and ${this.waiting} wait`);
    }
    const sequence = new Sequence(request, room, () => this.#leaveQueue(sequence));
    if (signal?.aborted) sequence.fail(signal.reason);
    else {
      signal?.addEventListener(
        'abort',
        () => {
          sequence.fail(signal.reason);
          this.#leaveQueue(sequence);
        },
        { once: true },
      );
      this.#waiting.push(sequence);
      this.#running ??= this.#run();
    }
    return sequence;
  }

  #leaveQueue(sequence: Sequence): void {
    const place = this.#waiting.indexOf(sequence);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  async #run(): Promise<void> {
    // The caller gets its sequence before anything happens to it.
    await Promise.resolve();
    try {
      for (;;) {
        this.#dropFinished();
        this.#admit();
        if (this.active === 0) break;
        await this.#readPrompts();
        await this.#step();
      }
    } catch (error) {
      for (const sequence of [...this.#decoding, ...this.#reading, ...this.#waiting.splice(0)]) sequence.fail(error);
      this.#dropFinished();
    } finally {
      this.#running = undefined;
    }
  }

  #dropFinished(): void {
    for (const sequence of [...this.#decoding, ...this.#reading]) if (sequence.over) this.#lanes.release(sequence);
    this.#decoding = this.#decoding.filter(({ over }) => !over);
    this.#reading = this.#reading.filter(({ over }) => !over);
  }

  #admit(): void {
    while (this.active < this.#limits.concurrency) {
      const sequence = this.#waiting.shift();
      if (!sequence) return;
      const { prompt } = sequence.request;
      sequence.cachedTokens = this.#lanes.take(sequence, prompt);
      this.counts.promptTokens += prompt.length;
      this.counts.cachedTokens += sequence.cachedTokens;
      this.#reading.push(sequence);
    }
  }

  async #readPrompts(): Promise<void> {
    let room = this.#decoding.length > 0 ? SHARED_PIECE : PIECE;
    if (this.#reading.length > 0) room -= await this.#readSome(room);
    while (this.#reading.length > 0 && this.#unread(this.#reading[0]) <= room) room -= await this.#readSome(room);
  }

  /** @returns tokens that were read */
  async #readSome(room: number): Promise<number> {
    const waiting = this.#reading.map((sequence) => ({
      sequence,
      lane: sequence.lane,
      held: this.#lanes.idsOf(sequence).length,
      unread: this.#unread(sequence),
    }));
    if (!this.decoder.readsTogether || waiting[0].unread > room) return this.#readPiece(room);
    const chosen = readTogether(waiting, room);
    return chosen.length > 1 ? this.#readWhole(chosen.map(({ sequence }) => sequence)) : this.#readPiece(room);
  }

  /** The prompts of sequences in neighbouring lanes, at once. */
  async #readWhole(sequences: readonly Sequence[]): Promise<number> {
    this.#reading = this.#reading.filter((sequence) => !sequences.includes(sequence));
    this.#decoding.push(...sequences);
    const prompts = sequences.map(({ request }) => request.prompt);
    const logits = await this.decoder.readTogether(sequences[0].lane, prompts);
    const { vocabulary } = this.decoder.model.config;
    let read = 0;
    for (const [row, sequence] of sequences.entries()) {
      const held = this.#lanes.idsOf(sequence);
      read += prompts[row].length - held.length;
      held.push(...prompts[row].slice(held.length));
      if (!sequence.over) sequence.choose(logits.subarray(row * vocabulary, (row + 1) * vocabulary));
    }
    return read;
  }

  #unread(sequence: Sequence): number {
    return sequence.request.prompt.length - this.#lanes.idsOf(sequence).length;
  }

  /** @returns how many tokens it has */
  async #readPiece(most: number): Promise<number> {
    const sequence = this.#reading.shift() as Sequence;
    const { prompt } = sequence.request;
    const held = this.#lanes.idsOf(sequence);
    const end = pieceEnd(held.length, prompt.length, most);
    const piece = prompt.slice(held.length, end);
    const last = end === prompt.length;
    // Not lost from sight if this fails.
    (last ? this.#decoding : this.#reading).push(sequence);
    const logits = await this.decoder.read(sequence.lane, held.length, piece, last);
    held.push(...piece);
    if (logits && !sequence.over) sequence.choose(logits);
    return piece.length;
  }

  async #step(): Promise<void> {
    const sequences = this.#decoding.filter(({ over }) => !over);
    if (sequences.length === 0) return;
    this.#lanes.gather(sequences);
    // Several sequences share a step as it is, and drafts would add rows that are mostly in vain.
    if (sequences.length === 1 && (await this.#stepDrafted(sequences[0]))) return;
    const rows = [...sequences].sort((a, b) => a.lane - b.lane);
    const held = rows.map((sequence) => this.#lanes.idsOf(sequence));
    const ids = rows.map(({ next }) => next);
    const logits = await this.decoder.step(
      ids,
      held.map(({ length }) => length),
    );
    const { vocabulary } = this.decoder.model.config;
    this.counts.steps += 1;
    this.counts.tokens += rows.length;
    for (const [row, sequence] of rows.entries()) {
      held[row].push(ids[row]);
      if (!sequence.over) sequence.choose(logits.subarray(row * vocabulary, (row + 1) * vocabulary));
    }
  }

  /**
   * A step of several tokens: what came next and what is likely to follow it. Every token is chosen from the logits of a step
   * of its own, so that drafts change nothing but the time.
   * @returns whether there was a draft
   */
  async #stepDrafted(sequence: Sequence): Promise<boolean> {
    const { drafter, next, left } = sequence;
    const held = this.#lanes.idsOf(sequence);
    const most = Math.min(left, this.decoder.mostChecked, this.decoder.maxLength - held.length) - 1;
    const draft = drafter && most > 0 ? (await drafter.draft(most)).ids : [];
    if (!drafter || draft.length === 0) return false;
    const logits = await this.decoder.check(held.length, [next, ...draft]);
    const { vocabulary } = this.decoder.model.config;
    this.counts.steps += 1;
    let right = 0;
    for (let row = 0; row <= draft.length && !sequence.over; row++) {
      held.push(sequence.next);
      this.counts.tokens += 1;
      sequence.choose(logits.subarray(row * vocabulary, (row + 1) * vocabulary));
      if (row === draft.length || sequence.over || sequence.next !== draft[row]) break;
      right += 1;
    }
    drafter.learn(draft.length, right);
    this.counts.drafted += draft.length;
    this.counts.accepted += right;
    return true;
  }

  /** Stops everything that runs and waits for the step under way. */
  async close(reason: Error): Promise<void> {
    this.#closed = true;
    for (const sequence of [...this.#waiting.splice(0), ...this.#decoding, ...this.#reading]) sequence.fail(reason);
    await this.#running;
    this.decoder.dispose();
  }
}
