/** What `lathe quantize` says of graphs in int8. */
import type { QuantizedGraph } from '../techniques/quantize/graphs/quantize-graphs.ts';
import { table } from './report.ts';

export interface GraphsResult {
  readonly model: string;
  readonly graphs: readonly QuantizedGraph[];
  readonly sizeBytesBefore: number;
  readonly sizeBytesAfter: number;
}

export function printGraphs({ model, graphs, sizeBytesBefore, sizeBytesAfter }: GraphsResult): string {
  const lines = [`${(sizeBytesBefore / sizeBytesAfter).toFixed(2)}x smaller`, ''];
  for (const { file, quantized, left, comparison } of graphs) {
    const counts = Object.entries(quantized).map(([op, n]) => `${n} ${op}`);
    lines.push(`${file}: ${counts.join(', ')} in int8`);
    for (const { node, operator, reason } of left) lines.push(`  ${operator} ${node} stays in float32: ${reason}`);
    if (!comparison) continue;
    const { meanCosine, topAgreement, sourceMs, resultMs } = comparison;
    const faster = resultMs < sourceMs ? 'faster' : 'slower here: keep float32 where speed matters';
    lines.push(
      table([
        ['cosine', 'same top entry', 'float32 ms', 'int8 ms', ''],
        [
          meanCosine.toFixed(4),
          `${(100 * topAgreement).toFixed(1)} %`,
          sourceMs.toFixed(1),
          resultMs.toFixed(1),
          `${(sourceMs / resultMs).toFixed(2)}x, ${faster}`,
        ],
      ]),
    );
  }
  return [...lines, '', `model  ${model}`].join('\n');
}
