/** Does an export say what its source says? The same greedy tokens, logits within a tolerance, the same template text. */
import { argmax } from '../generate/argmax.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { CONVERSATION, compareTokens } from './compare-text.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Something that can be asked for the logits after a sequence of tokens. */
export interface Oracle {
  /** float32 [vocabulary] after the last of `ids`, from an empty cache. */
  logits(ids: readonly number[]): Promise<Float32Array>;
}

export interface CompareOptions {
  readonly prompts: readonly (readonly number[])[];
  /** Greedy tokens compared after each prompt. */
  readonly tokens: number;
  /** Largest difference of a logit, relative to the largest logit. */
  readonly tolerance: number;
}

/** Top two logits closer than this share of the largest are a tie that rounding may decide either way. */
const TIE = 1e-3;

/**
 * Both continue each prompt greedily along the source's tokens, so that one difference does not hide all that follow.
 * @returns two checks: tokens and logits
 */
export async function compareOracles(source: Oracle, exported: Oracle, options: CompareOptions): Promise<Check[]> {
  let same = 0;
  let ties = 0;
  let total = 0;
  let worst = 0;
  for (const prompt of options.prompts) {
    const ids = [...prompt];
    for (let i = 0; i < options.tokens; i++) {
      const expected = Float32Array.from(await source.logits(ids));
      const actual = await exported.logits(ids);
      const [best, other] = [argmax(expected), argmax(actual)];
      const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      for (let v = 0; v < expected.length; v++) worst = Math.max(worst, Math.abs(expected[v] - actual[v]) / scale);
      if (best === other) same += 1;
      else if ((expected[best] - expected[other]) / scale < Math.max(TIE, options.tolerance)) ties += 1;
      total += 1;
      ids.push(best);
    }
  }
  return [
    {
      name: 'same greedy tokens',
      passed: same + ties === total,
      detail: `${same} of ${total}${ties > 0 ? `, ${ties} near ties` : ''}`,
    },
    {
      name: 'logits within tolerance',
      passed: worst <= options.tolerance,
      detail: `largest relative difference ${worst.toExponential(2)}, allowed ${options.tolerance.toExponential(0)}`,
    },
  ];
}

/** The export's own template file renders what the source's does; passes where neither has one. */
export async function compareTemplates(source: string, exported: string): Promise<Check> {
  const name = 'same template text';
  const [a, b] = [await findChatTemplate(source), await findChatTemplate(exported)];
  if (!a || !b) {
    return { name, passed: a === b, detail: a === b ? 'the model has no chat template' : 'the template was lost' };
  }
  const [expected, actual] = [a, b].map((template) => template.render(CONVERSATION, { generationPrompt: true }));
  return { name, passed: expected === actual, detail: `${expected.length} characters` };
}

/** What an export's own files say of text: the same tokens and the same prompts as the source's. */
export const compareTexts = async (source: string, exported: string): Promise<Check[]> => [
  await compareTokens(source, exported),
  await compareTemplates(source, exported),
];
