/** The steps of the first path, and which of them are done already. */
import type { ModelSummary } from '../../../app/contract/models.ts';

export interface PathStep {
  readonly title: string;
  readonly text: string;
  /** Absent: the step is done right here. */
  readonly to?: string;
  readonly done: boolean;
}

export function pathSteps(
  models: readonly Pick<ModelSummary, 'technique' | 'parent' | 'measured'>[],
  exports: number,
): readonly PathStep[] {
  const has = (technique: string): boolean =>
    models.some((model) => model.parent !== undefined && model.technique === technique);
  return [
    { title: 'Get the starter model', text: 'A small chat model that comes with Lathe', done: models.length > 0 },
    { title: 'Teach it your tone', text: 'Fine-tune it on the sample chats', to: '/finetune', done: has('finetune') },
    { title: 'Make it small', text: 'Quantize to 4 bits', to: '/quantize', done: has('quantize') },
    {
      title: 'See what it cost',
      text: 'Quality, size and speed, before and after',
      to: '/compare',
      done: models.filter(({ measured }) => measured !== undefined).length > 1,
    },
    { title: 'Take it away', text: 'GGUF or ONNX, opened again and checked', to: '/export', done: exports > 0 },
  ];
}
