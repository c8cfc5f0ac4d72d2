/** A cascade of chat models: both answer every question of the data, one after the other, and nothing is trained. */
import {
  decodeSeconds,
  type EstimateInput,
  type Estimator,
  forwardSeconds,
  isQuantized,
  number,
  PROCESS_BYTES,
  runningBytes,
} from './estimator.ts';
import type { ModelShape } from './shape.ts';

/** Share of a conversation's tokens that are answers, where it is not known. */
const ANSWERED = 0.5;
/** Models write more than the data do, until they are cut. */
const LONGER = 1.5;

export const adaptChatCascade: Estimator = (input) => {
  const { model, machine } = input;
  // Not known yet: at most as large as the other.
  const small = input.student ?? model;
  const { rows, prompt, answer } = questionsOf(input);
  const secondsOf = (one: ModelShape) =>
    one.sizeBytes / 1e9 +
    rows * (forwardSeconds(one, prompt, machine) + answer * decodeSeconds(one.sizeBytes, machine));
  const bytesOf = (one: ModelShape) => runningBytes(one, isQuantized(one) ? one.sizeBytes : 4 * one.parameters);
  const both = model.sizeBytes + small.sizeBytes;
  return {
    seconds: 3 + secondsOf(small) + secondsOf(model),
    uncertainty: input.student ? 2 : 3,
    memoryBytes: bytesOf(model) + bytesOf(small) - PROCESS_BYTES,
    diskBytes: both,
    resultBytes: both,
    resultFormat: model.format,
    remedies: [],
  };
};

/** Of the data: how many, their tokens, and those of an answer. */
function questionsOf({ model, options, data }: EstimateInput) {
  const most = number(options.answerTokens, 96);
  const mean = Math.min(data?.meanTokens ?? 2 * most, model.contextLength);
  const written = mean * (data?.supervisedShare ?? ANSWERED);
  return { rows: data?.rows ?? 1000, prompt: mean - written, answer: Math.min(most, LONGER * written) };
}
