/** Gathers the pieces of answers as they come. */

export interface Answer {
  readonly text: string;
  readonly tokens?: number;
  readonly tokensPerSecond?: number;
}

export type Answers = ReadonlyMap<string, Answer>;

export type Piece =
  | { readonly kind: 'text'; readonly model: string; readonly prompt: number; readonly text: string }
  | {
      readonly kind: 'done';
      readonly model: string;
      readonly prompt: number;
      readonly text: string;
      readonly tokens: number;
      readonly tokensPerSecond: number;
    };

export const answerKey = (model: string, prompt: number): string => `${prompt} ${model}`;

/** A finished answer replaces its pieces. */
export function answersAfter(answers: Answers, piece: Piece): Answers {
  const key = answerKey(piece.model, piece.prompt);
  const next = new Map(answers);
  if (piece.kind === 'text') next.set(key, { text: (answers.get(key)?.text ?? '') + piece.text });
  else next.set(key, { text: piece.text, tokens: piece.tokens, tokensPerSecond: piece.tokensPerSecond });
  return next;
}
