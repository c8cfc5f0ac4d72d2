/** What a model was saved for: the class name in config.json says which head it has. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Architecture, DecoderConfig, Pooling } from './architecture.ts';

export type Task =
  | { readonly kind: 'next-token' }
  | { readonly kind: 'hidden-states' }
  | { readonly kind: 'classification'; readonly labels: number; readonly pooling: Pooling; readonly problem: Problem }
  | { readonly kind: 'token-classification'; readonly labels: number };

/** What the logits of a text say: one class of several, any number of labels, or plain numbers. */
export type Problem = 'single' | 'multi' | 'regression';

const schema = z.object({
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  num_labels: z.number().int().positive().nullish(),
  problem_type: z.string().nullish(),
});

/** transformers' own rule where nothing is said: one label is a number. */
function problemOf(type: string | null | undefined, labels: number): Problem {
  if (type === 'multi_label_classification') return 'multi';
  return type === 'regression' || (!type && labels === 1) ? 'regression' : 'single';
}

/** @throws UserError model/unsupported for a head that Lathe has not */
export function readTask(json: unknown, architecture: Architecture, config: DecoderConfig): Task {
  const { architectures, id2label, num_labels, problem_type } = schema.parse(json);
  const [name = ''] = architectures ?? [];
  if (/For(Sequence|Token)Classification$/.test(name)) {
    if (architecture.kind === 'encoder-decoder') {
      throw new UserError('model/unsupported', `${name}: classification by an encoder-decoder is not supported`);
    }
    const labels = num_labels ?? (id2label ? Object.keys(id2label).length : 2);
    if (name.endsWith('ForTokenClassification')) return { kind: 'token-classification', labels };
    const usual = architecture.kind === 'encoder' ? 'first' : 'last';
    const pooling = architecture.pooling?.(config) ?? usual;
    return { kind: 'classification', labels, pooling, problem: problemOf(problem_type, labels) };
  }
  return { kind: architecture.kind === 'encoder' ? 'hidden-states' : 'next-token' };
}
