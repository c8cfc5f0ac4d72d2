/** What `lathe prune` says of an encoder. */
import type { EncoderReport, PrunedEncoder } from './prune-encoder.ts';
import { table } from './report.ts';

export function printEncoder({
  parametersBefore,
  parametersAfter,
  before,
  pruned,
  after,
  ...rest
}: PrunedEncoder): string {
  const mega = (n: number) => (n / 1e6).toFixed(1);
  const value = ({ accuracy, cosine }: EncoderReport) => (accuracy ?? cosine ?? 0).toFixed(4);
  const reports = [['before', before], ...(pruned ? [['pruned', pruned] as const] : []), ['after', after]] as const;
  const lines = [
    `${mega(parametersBefore)} -> ${mega(parametersAfter)} million parameters, ${mega(rest.sizeBytesBefore)} -> ${mega(rest.sizeBytesAfter)} MB`,
    '',
    table([
      ['', ...reports.map(([name]) => name)],
      [
        before.metric === 'accuracy' ? 'accuracy' : 'cosine with the whole',
        ...reports.map(([, report]) => value(report)),
      ],
      ...(before.textsPerSecond === undefined
        ? []
        : [['texts a second', ...reports.map(([, { textsPerSecond = 0 }]) => textsPerSecond.toFixed(1))]]),
    ]),
  ];
  if (rest.regained !== undefined) lines.push(`${(100 * rest.regained).toFixed(0)} % of the lost accuracy regained`);
  return [...lines, '', `model  ${rest.model}`].join('\n');
}
