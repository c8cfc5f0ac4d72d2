/** What `lathe prune` says of an ONNX network. */
import type { NetworkReport } from './prune-network.ts';

export function printNetwork(result: NetworkReport): string {
  const { removed, parametersBefore, parametersAfter, sizeBytesBefore, sizeBytesAfter, milliseconds, likeness } =
    result;
  const mega = (n: number) => (n / 1e6).toFixed(2);
  const lines = [
    `removed  ${removed.channels} of ${removed.of} channels, found by ${result.by === 'activation' ? 'what they bring on the data' : 'the size of their filters'}`,
    `${mega(parametersBefore)} -> ${mega(parametersAfter)} million parameters, ${mega(sizeBytesBefore)} -> ${mega(sizeBytesAfter)} MB`,
  ];
  for (const { convolutions, because } of result.whole)
    lines.push(`whole: ${convolutions.join(', ')}, because of ${because}`);
  if (milliseconds) {
    const { before, after } = milliseconds;
    lines.push(`a run takes ${before.toFixed(2)} -> ${after.toFixed(2)} ms, ${(before / after).toFixed(2)}x as fast`);
  }
  lines.push(
    likeness
      ? `outputs: mean cosine ${likeness.meanCosine.toFixed(4)}, same top entry ${(100 * likeness.topAgreement).toFixed(1)} %`
      : 'Quality was not measured: give inputs in a safetensors file with --data.',
  );
  return [...lines, '', `model  ${result.model}`].join('\n');
}
