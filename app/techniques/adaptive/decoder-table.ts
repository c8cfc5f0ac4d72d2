/** What each way of answering would say for each token of known text, and how sure it would be. */

import type { Gate } from '../../generate/exit-gate.ts';
import { openGraph } from '../../generate/open-graph.ts';
import { buildExitMap, buildFullHead, buildListHead, type ExitMap } from '../../models/graphs/decoding-parts.ts';
import type { ListHead } from '../../models/graphs/list-head.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { Session } from '../../runtime/session.ts';
import type { Graph } from '../../tensor/graph.ts';
import { float32 } from '../../tensor/tensor.ts';
import type { States } from './decoder-states.ts';

export interface Answers {
  readonly tokens: Int32Array;
  readonly confidence: Float32Array;
}

export interface ExitAnswers extends Answers {
  /** What the gate thinks of the exit's confidence. */
  readonly gate: Float32Array;
}

/** One entry a token. */
export interface TokenTable {
  /** By layer. */
  readonly exits: ReadonlyMap<number, ExitAnswers>;
  readonly shortlist: Answers;
  readonly full: Int32Array;
  readonly next: Int32Array;
  readonly lengths: readonly number[];
}

export interface TrainedExit {
  readonly map: ExitMap;
  readonly gate: Gate;
}

const CHUNK = 256;

/** Heads that are opened once for many tables. */
export class Tabulator {
  readonly #list: ListHead;
  readonly #sessions: Readonly<{ list: Session; head: Session }>;
  readonly #width: number;
  readonly #threads: number | undefined;

  private constructor(list: ListHead, sessions: { list: Session; head: Session }, width: number, threads?: number) {
    this.#list = list;
    this.#sessions = sessions;
    this.#width = width;
    this.#threads = threads;
  }

  static async open(model: StoredModel, list: ListHead, threads?: number): Promise<Tabulator> {
    const whole = buildFullHead(model, { ...model, maxLength: 1 });
    const token: Graph = { ...whole, outputs: whole.outputs.filter(({ name }) => name === 'token') };
    const sessions = {
      list: await openGraph(buildListHead(model, list), { threads, spin: false }),
      head: await openGraph(token, { threads, spin: false }),
    };
    return new Tabulator(list, sessions, model.config.width, threads);
  }

  async table(states: States, trained: ReadonlyMap<number, TrainedExit>): Promise<TokenTable> {
    const exits = new Map<number, ExitAnswers>();
    for (const [layer, { map, gate }] of trained) {
      const x = states.exits.get(layer)!;
      exits.set(layer, { ...(await this.exit(x, map)), gate: this.gateScores(x, gate) });
    }
    const full = new Int32Array(states.next.length);
    await this.#inChunks(this.#sessions.head, 'state', states.final, (at, { token }) => {
      full.set(Int32Array.from(token as BigInt64Array, Number), at);
    });
    return { exits, shortlist: await this.shortlist(states.final), full, next: states.next, lengths: states.lengths };
  }

  /** What an exit says. @param x float32 [tokens, width] */
  async exit(x: Float32Array, map: ExitMap): Promise<Answers> {
    const width = this.#width;
    const session = await openGraph(buildExitMap(map, width), { threads: this.#threads, spin: false });
    const mapped = new Float32Array(x.length);
    try {
      await this.#inChunks(session, 'x', x, (at, { state }) => mapped.set(state as Float32Array, at * width));
    } finally {
      session.dispose();
    }
    return this.shortlist(mapped);
  }

  /** What the short list says. @param states float32 [tokens, width] */
  async shortlist(states: Float32Array): Promise<Answers> {
    const rows = states.length / this.#width;
    const tokens = new Int32Array(rows);
    const confidence = new Float32Array(rows);
    await this.#inChunks(this.#sessions.list, 'state', states, (at, outputs) => {
      const places = outputs.token as BigInt64Array;
      for (let i = 0; i < places.length; i++) tokens[at + i] = this.#list.tokens[Number(places[i])];
      confidence.set(outputs.confidence as Float32Array, at);
    });
    return { tokens, confidence };
  }

  /** @param x float32 [tokens, width] of unit root mean square */
  gateScores(x: Float32Array, { weight, bias }: Gate): Float32Array {
    const width = this.#width;
    return Float32Array.from({ length: x.length / width }, (_, t) => {
      let sum = bias;
      for (let i = 0; i < width; i++) sum += x[t * width + i] * weight[i];
      return sum;
    });
  }

  async #inChunks(
    session: Session,
    name: string,
    x: Float32Array,
    take: (at: number, outputs: Record<string, unknown>) => void,
  ): Promise<void> {
    const width = this.#width;
    const rows = x.length / width;
    for (let at = 0; at < rows; at += CHUNK) {
      const count = Math.min(CHUNK, rows - at);
      const outputs = await session.run({ [name]: float32([count, width], x.slice(at * width, (at + count) * width)) });
      take(at, Object.fromEntries(Object.entries(outputs).map(([key, { data }]) => [key, data])));
    }
  }

  dispose(): void {
    this.#sessions.list.dispose();
    this.#sessions.head.dispose();
  }
}
