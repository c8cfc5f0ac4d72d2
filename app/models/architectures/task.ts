/** What a model was saved for: the class name in config.json says which head it has. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Architecture, DecoderConfig, Pooling } from './architecture.ts';

export type Task =
  | { readonly kind: 'next-token' }
  | { readonly kind: 'hidden-states' }
  | { readonly kind: 'classification'; readonly labels: number; readonly pooling: Pooling };

const schema = z.object({
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  num_labels: z.number().int().positive().nullish(),
});

/** @throws UserError model/unsupported for a head that Lathe has not */
export function readTask(json: unknown, architecture: Architecture, config: DecoderConfig): Task {
  const { architectures, id2label, num_labels } = schema.parse(json);
  const [name = ''] = architectures ?? [];
  if (/ForSequenceClassification$/.test(name)) {
    if (architecture.kind === 'encoder-decoder') {
      throw new UserError('model/unsupported', `${name}: classification by an encoder-decoder is not supported`);
    }
    const labels = num_labels ?? (id2label ? Object.keys(id2label).length : 2);
    const usual = architecture.kind === 'encoder' ? 'first' : 'last';
    return { kind: 'classification', labels, pooling: architecture.pooling?.(config) ?? usual };
  }
  return { kind: architecture.kind === 'encoder' ? 'hidden-states' : 'next-token' };
}
