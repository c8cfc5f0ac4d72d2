/** An encoder kept open: the vector of a text, which is the mean of its tokens' vectors at length one. */
import { UserError } from '../contract/errors.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { openModel } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { openWholeSession } from './whole-session.ts';

export interface TextVectors {
  /** Float32 [width]; all zero where the text has no tokens. */
  vectorOf(text: string): Promise<Float32Array>;
  dispose(): void;
}

/** @throws UserError arguments/incompatible for a model that is no bare encoder; model/*, weights/*, tokenizer/* */
export async function openTextVectors(folder: string, maxLength = 512): Promise<TextVectors> {
  const model = await openModel(folder);
  if (model.task.kind !== 'hidden-states') {
    throw new UserError('arguments/incompatible', `${folder} is no bare encoder, so it makes no vectors of texts`);
  }
  const tokenizer = await loadTokenizer(folder);
  const { width } = model.config;
  const longest = Math.min(maxLength, model.config.maxLength);
  const session = await openWholeSession(model, longest);
  return {
    async vectorOf(text) {
      const [ids] = encodeTexts(tokenizer, [text], longest, () => {});
      const states = await session.run(ids, 'last_hidden_state');
      const sum = new Float32Array(width);
      states.forEach((value, i) => {
        sum[i % width] += value;
      });
      const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0)) || 1;
      return sum.map((value) => value / length);
    },
    dispose: () => session.dispose(),
  };
}
