/** Which tokens keep a text within a grammar, at each place of it. */
import { UserError } from '../../contract/errors.ts';
import type { Constraint } from '../batch/sequence.ts';
import { Automaton, DEAD } from './automaton.ts';
import type { Grammar } from './expression.ts';

interface Node {
  readonly children: Map<number, Node>;
  readonly ids: number[];
}

/** All tokens that add bytes, by their bytes. */
export class TokenTrie {
  readonly root: Node = { children: new Map(), ids: [] };
  readonly bytesOf: (id: number) => Uint8Array;
  readonly size: number;

  /** @param size one more than the largest id */
  constructor(size: number, bytesOf: (id: number) => Uint8Array) {
    this.size = size;
    this.bytesOf = bytesOf;
    for (let id = 0; id < size; id++) {
      const bytes = bytesOf(id);
      if (bytes.length === 0) continue;
      let node = this.root;
      for (const byte of bytes) {
        let child = node.children.get(byte);
        if (!child) node.children.set(byte, (child = { children: new Map(), ids: [] }));
        node = child;
      }
      node.ids.push(id);
    }
  }
}

/** Places whose tokens are remembered: those within a string come again and again. */
const KEPT = 200;

/** A grammar over the tokens of one tokenizer; `begin` gives the constraint of one text. */
export class TokenGrammar {
  readonly #automaton: Automaton;
  readonly #trie: TokenTrie;
  readonly #stopIds: readonly number[];
  readonly #allowed = new Map<number, Uint8Array>();

  /** @throws UserError schema/unsatisfiable, schema/unsupported */
  constructor(grammar: Grammar, trie: TokenTrie, stopIds: readonly number[]) {
    this.#automaton = new Automaton(grammar);
    this.#trie = trie;
    this.#stopIds = stopIds;
  }

  begin(): Constraint {
    let state = this.#automaton.start;
    return {
      restrict: (logits) => {
        const allowed = this.#allowedAt(state);
        for (let id = 0; id < logits.length; id++) if (allowed[id] !== 1) logits[id] = Number.NEGATIVE_INFINITY;
      },
      accept: (id) => {
        for (const byte of this.#trie.bytesOf(id)) state = this.#automaton.next(state, byte);
      },
      complete: () => this.#automaton.accepts(state) && !this.#goesOn(state),
    };
  }

  #goesOn(state: number): boolean {
    return this.#allowedAt(state).some((value, id) => value === 1 && !this.#stopIds.includes(id));
  }

  #allowedAt(state: number): Uint8Array {
    let allowed = this.#allowed.get(state);
    if (!allowed) {
      allowed = new Uint8Array(this.#trie.size);
      const any = this.#walk(this.#trie.root, state, allowed);
      if (this.#automaton.accepts(state)) for (const id of this.#stopIds) allowed[id] = 1;
      else if (!any) throw new UserError('schema/unsatisfiable', 'no token of this model can come next');
      if (this.#allowed.size >= KEPT) this.#allowed.delete(this.#allowed.keys().next().value as number);
      this.#allowed.set(state, allowed);
    }
    return allowed;
  }

  #walk(node: Node, state: number, allowed: Uint8Array): boolean {
    let any = false;
    for (const [byte, child] of node.children) {
      const next = this.#automaton.next(state, byte);
      if (next === DEAD) continue;
      for (const id of child.ids) {
        allowed[id] = 1;
        any = true;
      }
      if (this.#walk(child, next, allowed)) any = true;
    }
    return any;
  }
}
