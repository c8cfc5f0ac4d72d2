/** Adapting: what is done, and how long it takes, differs by what the model does and whether another is asked first. */
import { adaptChatCascade } from './adapt-chat-cascade.ts';
import { adaptClassifier } from './adapt-classifier.ts';
import { adaptDecoder } from './adapt-decoder.ts';
import type { Estimator } from './estimator.ts';

export const adapt: Estimator = (input) => {
  const { model, options } = input;
  if (!model.continues) return adaptClassifier(input);
  return typeof options.cascade === 'string' && options.cascade !== '' ? adaptChatCascade(input) : adaptDecoder(input);
};
