/** What `lathe prune` says of an encoder. */
import { type EncoderReport, type PrunedEncoder, scoreOf } from './prune-encoder.ts';
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
  const speed = (report: EncoderReport) => ('textsPerSecond' in report ? report.textsPerSecond.toFixed(1) : '');
  const reports = [['before', before], ...(pruned ? [['pruned', pruned] as const] : []), ['after', after]] as const;
  const lines = [
    `${mega(parametersBefore)} -> ${mega(parametersAfter)} million parameters, ${mega(rest.sizeBytesBefore)} -> ${mega(rest.sizeBytesAfter)} MB`,
    '',
    table([
      ['', ...reports.map(([name]) => name)],
      [
        before.metric === 'accuracy' ? 'accuracy' : 'cosine with the whole',
        ...reports.map(([, report]) => scoreOf(report).toFixed(4)),
      ],
      ...('textsPerSecond' in before ? [['texts a second', ...reports.map(([, report]) => speed(report))]] : []),
    ]),
  ];
  if (rest.regained !== undefined)
    lines.push(`${(100 * rest.regained).toFixed(0)} % of the lost ${before.metric} regained`);
  return [...lines, '', `model  ${rest.model}`].join('\n');
}
