/** Turns examples into token ids and labels for a causal language model. */
import type { ChatTemplate, Conversation } from '../models/chat-template.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { type LossOn, renderSegments, type Segment } from './align.ts';
import { plainTemplate } from './plain-template.ts';
import { type Example, RowError } from './types.ts';

/** The label of a position from which nothing is learnt. */
export const IGNORED = -100;

export interface EncodeOptions {
  /** Which part of a conversation to learn: all answers (default), the last one, or everything. */
  readonly loss?: LossOn;
  /** Most tokens of one example; what is beyond is cut off. */
  readonly maxLength?: number;
}

export interface EncodedExample {
  readonly ids: Int32Array;
  /** Aligned with `ids` and not shifted: an id where the model learns to write it, else -100. */
  readonly labels: Int32Array;
  readonly truncated: boolean;
}

/**
 * Encodes for one tokenizer and template.
 *
 * - chat: through the template (or "### User:" headings where the model has none).
 * - completion, pair and labelled: as a user's message and its answer where there is a template, else the two texts one
 *   after the other, closed by the end-of-text token.
 * - text: everything is learnt, closed by the end-of-text token unless the next row goes on.
 * - preference: the chosen answer.
 */
export class ExampleEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate | undefined;
  readonly #fallback: ChatTemplate;
  readonly #loss: LossOn;
  readonly #maxLength: number;
  readonly #before: readonly number[];
  readonly #ending: readonly number[];

  constructor(tokenizer: Tokenizer, template: ChatTemplate | undefined, options: EncodeOptions = {}) {
    this.#tokenizer = tokenizer;
    this.#template = template;
    this.#fallback = plainTemplate(tokenizer);
    this.#loss = options.loss ?? 'answers';
    this.#maxLength = options.maxLength ?? Number.POSITIVE_INFINITY;
    this.#before = tokensBefore(tokenizer);
    this.#ending = tokenizer.eosId === undefined ? [] : [tokenizer.eosId];
  }

  /** @throws RowError when there is nothing to learn or the conversation does not fit the template */
  encode(example: Example): EncodedExample {
    switch (example.kind) {
      case 'chat':
        return this.#chat({ messages: example.messages, ...(example.tools ? { tools: example.tools } : {}) });
      case 'completion':
        return this.#pair(example.prompt, example.completion);
      case 'pair':
        return this.#pair(example.source, example.target);
      case 'labelled':
        return this.#pair(example.text, example.label);
      case 'preference':
        return this.#chat({ messages: [...example.prompt, ...example.chosen] });
      case 'text': {
        const ids = this.encodeText(example, false);
        return this.#finish(ids, ids);
      }
    }
  }

  /**
   * Ids of one piece of running text, of which every token is learnt.
   * `continued`: an earlier piece of the same document came before, so nothing marks a beginning.
   */
  encodeText(example: { readonly text: string; readonly continues?: boolean }, continued: boolean): number[] {
    const before = continued ? [] : this.#before;
    return [...before, ...this.#tokenizer.encode(example.text), ...(example.continues ? [] : this.#ending)];
  }

  #chat(conversation: Conversation): EncodedExample {
    const template = this.#template ?? this.#fallback;
    const segments = renderSegments(conversation, template, this.#loss);
    // The headings of the plain format do not include what the model expects at the start of a text.
    const start = this.#template ? [] : this.#before;
    return this.#segments(segments, start);
  }

  #pair(prompt: string, completion: string): EncodedExample {
    if (this.#template) {
      const messages = [
        { role: 'user', content: prompt },
        { role: 'assistant', content: completion },
      ];
      return this.#chat({ messages });
    }
    const first = [...this.#before, ...this.#tokenizer.encode(prompt)];
    const answer = [...this.#continuation(prompt, completion), ...this.#ending];
    const ids = [...first, ...answer];
    const labels = this.#loss === 'all' ? ids : [...first.map(() => IGNORED), ...answer];
    return this.#finish(ids, labels);
  }

  /** The tokens that `text` adds after `before`. */
  #continuation(before: string, text: string): readonly number[] {
    if (!this.#tokenizer.addsSpace || before.length === 0) return this.#tokenizer.encode(text);
    const prompt = this.#tokenizer.encode(before);
    const whole = this.#tokenizer.encode(before + text);
    return whole.slice(sharedPrefix(prompt, whole));
  }

  #segments(segments: readonly Segment[], start: readonly number[]): EncodedExample {
    const ids = [...start];
    const labels = start.map(() => IGNORED);
    const append = (tokens: readonly number[], learnt: boolean): void => {
      const learns = learnt ? this.#learntCount(tokens) : 0;
      for (let i = 0; i < tokens.length; i += 1) {
        ids.push(tokens[i]);
        labels.push(i < learns ? tokens[i] : IGNORED);
      }
    };
    if (!this.#tokenizer.addsSpace) {
      // Each stretch by itself, as it happens when the model answers: the prompt is encoded before the answer exists.
      for (const { text, learnt } of segments) append(this.#tokenizer.encode(text), learnt);
      return this.#finish(ids, labels);
    }
    // These tokenizers put a space before whatever they encode: only the whole text gives the right tokens.
    const whole = this.#tokenizer.encode(segments.map((segment) => segment.text).join(''));
    let text = '';
    let done = 0;
    for (const segment of segments) {
      text += segment.text;
      const last = segment === segments.at(-1);
      const end = last ? whole.length : Math.max(done, sharedPrefix(this.#tokenizer.encode(text), whole));
      append(whole.slice(done, end), segment.learnt);
      done = end;
    }
    return this.#finish(ids, labels);
  }

  /** Nothing after the end-of-turn token is learnt: generation stops there, and the newline some templates add never comes. */
  #learntCount(tokens: readonly number[]): number {
    for (let count = tokens.length; count > 0; count -= 1) {
      if (this.#tokenizer.specialIds.has(tokens[count - 1])) return count;
      if (this.#tokenizer.decode([tokens[count - 1]]).trim().length > 0) break;
    }
    return tokens.length;
  }

  #finish(allIds: readonly number[], allLabels: readonly number[]): EncodedExample {
    const truncated = allIds.length > this.#maxLength;
    const ids = Int32Array.from(truncated ? allIds.slice(0, this.#maxLength) : allIds);
    const labels = Int32Array.from(truncated ? allLabels.slice(0, this.#maxLength) : allLabels);
    // The very first token has nothing before it that could predict it.
    if (!labels.some((label, i) => i > 0 && label !== IGNORED)) {
      const reason = truncated
        ? `no answer lies within the first ${this.#maxLength} tokens`
        : 'the row has no tokens to learn';
      throw new RowError('row/no-answer', reason);
    }
    return { ids, labels, truncated };
  }
}

/** Encodes one example; for many, keep an `ExampleEncoder`. */
export function encodeExample(
  example: Example,
  tokenizer: Tokenizer,
  template: ChatTemplate | undefined,
  options: EncodeOptions = {},
): EncodedExample {
  return new ExampleEncoder(tokenizer, template, options).encode(example);
}

/** Special tokens that this tokenizer puts in front of a text, such as <s>. */
function tokensBefore(tokenizer: Tokenizer): number[] {
  const [plain] = tokenizer.encode('a');
  const special = tokenizer.encode('a', { special: true });
  return special.slice(0, Math.max(0, special.indexOf(plain)));
}

function sharedPrefix(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}
