/** A running request as pieces of text, each with the tokens that it came from. */
import type { BatchRun, BatchToken, FinishReason } from '../../generate/batch/sequence.ts';
import { TextStream } from '../../generate/text-stream.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';

export interface Piece {
  readonly text: string;
  readonly tokens: readonly BatchToken[];
}

export interface Answer extends Piece {
  readonly finishReason: FinishReason;
  /** Tokens that were generated, those of a stop string included. */
  readonly count: number;
  /** Of a cascade: which model's it is. */
  readonly answeredBy?: 'small' | 'large';
}

/** @param onPiece gets text as soon as it is certain, with all tokens since the last piece */
export async function readAnswer(
  run: BatchRun,
  tokenizer: Tokenizer,
  stops: readonly string[],
  onToken: () => void,
  onPiece?: (piece: Piece) => void,
): Promise<Answer> {
  const stream = new TextStream(tokenizer, stops);
  const tokens: BatchToken[] = [];
  let given = 0;
  const give = (text: string) => {
    if (text === '') return;
    onPiece?.({ text, tokens: tokens.slice(given) });
    given = tokens.length;
  };
  let count = 0;
  for await (const token of run.tokens) {
    count += 1;
    onToken();
    const text = stream.push(token.id);
    if (!stream.stopped || text !== '') tokens.push(token);
    give(text);
    if (stream.stopped) break;
  }
  give(stream.finish());
  const finishReason = stream.stopped ? 'stop' : (run.finishReason ?? 'stop');
  return { text: stream.text, tokens, finishReason, count };
}
