/** What a job's loss is counted in: a model of language is measured by the token, a classifier by the text. */

export function lossUnit(steps: readonly { readonly name: string; readonly options?: unknown }[]): string {
  if (steps.some(({ name }) => name === 'adapt')) return 'nats, all exits together';
  if (steps.some(({ name }) => name === 'distill')) return 'nats, teacher and labels together';
  const transfer = steps.find(({ name }) => name === 'transfer');
  if (!transfer) return 'nats per token';
  switch ((transfer.options as { task?: unknown } | undefined)?.task) {
    case 'regression':
      return 'squared error of the scaled numbers';
    case 'token-classification':
      return 'nats per word';
    case 'multi-label':
      return 'nats per label';
    case 'similarity':
      return 'of pairs in a batch';
    default:
      return (transfer.options as { fewShot?: unknown } | undefined)?.fewShot === true
        ? 'squared gap of cosines, per pair'
        : 'nats per text';
  }
}
