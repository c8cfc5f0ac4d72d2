/** Speed up: tokens a second and the wait between tokens by requests at once, before and after; every way that was tried. */
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { bytes } from '../../../format/bytes.ts';
import { shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import styles from './picture.module.css';
import {
  apartWords,
  type CurveRow,
  curveRows,
  differenceWords,
  rangeWords,
  type SpeedReport,
  times,
} from './speed-report.ts';

export function SpeedPicture({ report }: { readonly report: SpeedReport }) {
  const rows = curveRows(report);
  return (
    <>
      <Ways report={report} />
      {rows.length > 1 && (
        <div className={styles.pair}>
          <Curve
            title="Tokens/s by requests at once"
            rows={rows}
            usual="usualTokensPerSecond"
            best="bestTokensPerSecond"
          />
          <Curve
            title="ms between tokens by requests at once"
            rows={rows}
            usual="usualLatencyMs"
            best="bestLatencyMs"
          />
        </div>
      )}
      <Trials report={report} />
    </>
  );
}

function Ways({ report }: { readonly report: SpeedReport }) {
  const { usual, best, gain } = report;
  const compared = gain.rounds > 0;
  const alone = (way: SpeedReport['usual']) => way.curve.find(({ batch }) => batch === 1)?.tokensPerSecond;
  const most = (way: SpeedReport['usual']) => Math.max(0, ...way.curve.map((point) => point.tokensPerSecond));
  return (
    <Card
      title="Before and after"
      sub={compared ? `${times(gain.ratio)}, ${rangeWords(report)}` : 'no other way seemed better'}
      label="Before and after"
      flush
    >
      <table className={table.table}>
        <thead>
          <tr>
            <th>Way</th>
            <th className={table.numeric}>One request, tokens/s</th>
            <th className={table.numeric}>Most together, tokens/s</th>
            <th className={table.numeric}>Memory</th>
            <th>Answers</th>
          </tr>
        </thead>
        <tbody>
          {(compared ? [usual, best] : [usual]).map((way, i) => (
            <tr key={i === 0 ? 'usual' : 'best'}>
              <td>
                {way.words}
                {(i === 1) === gain.sure && <span className="t3"> chosen</span>}
              </td>
              <td className={table.numeric}>{alone(way) === undefined ? '–' : shortNumber(alone(way) ?? 0)}</td>
              <td className={table.numeric}>{most(way) === 0 ? '–' : shortNumber(most(way))}</td>
              <td className={table.numeric}>{bytes(way.memoryBytes)}</td>
              <td>{i === 0 ? '' : differenceWords(report)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

interface CurveProps {
  readonly title: string;
  readonly rows: readonly CurveRow[];
  readonly usual: keyof CurveRow;
  readonly best: keyof CurveRow;
}

const COLORS = { usual: 'var(--before)', best: 'var(--after)' };
const tick = { fill: 'var(--text-3)', fontSize: 12 };

const Curve = ({ title, rows, usual, best }: CurveProps) => (
  <ChartCard
    title={title}
    name="speed-by-batch"
    rows={rows}
    columns={['batch', usual, best]}
    legend={[
      { label: 'as it is', color: COLORS.usual },
      { label: 'best', color: COLORS.best },
    ]}
  >
    <div className={styles.plot}>
      <ResponsiveContainer width="100%" height="100%">
        <LineChart data={rows as CurveRow[]} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} title={title}>
          <CartesianGrid vertical={false} stroke="var(--grid)" />
          <XAxis
            dataKey="batch"
            scale="log"
            type="number"
            domain={['dataMin', 'dataMax']}
            ticks={rows.map(({ batch }) => batch)}
            stroke="var(--axis)"
            tickLine={false}
            tick={tick}
          />
          <YAxis
            width={52}
            domain={[0, 'auto']}
            axisLine={false}
            tickLine={false}
            tick={tick}
            tickFormatter={shortNumber}
          />
          <Tooltip
            content={<PointTooltip usual={usual} best={best} />}
            cursor={{ stroke: 'var(--text-3)', strokeDasharray: '3 3' }}
            isAnimationActive={false}
          />
          <Line dataKey={usual} stroke={COLORS.usual} strokeWidth={1.5} dot={{ r: 2.5 }} isAnimationActive={false} />
          <Line dataKey={best} stroke={COLORS.best} strokeWidth={1.5} dot={{ r: 2.5 }} isAnimationActive={false} />
        </LineChart>
      </ResponsiveContainer>
    </div>
  </ChartCard>
);

interface TooltipProps extends Pick<CurveProps, 'usual' | 'best'> {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: CurveRow }[];
}

function PointTooltip({ active, payload, usual, best }: TooltipProps) {
  const row = payload?.[0]?.payload;
  if (!active || row === undefined) return null;
  const figure = (value: number | undefined) => (value === undefined ? '–' : shortNumber(value));
  return (
    <div className={styles.tooltip}>
      <b>{row.batch} at once</b>
      <div>as it is {figure(row[usual])}</div>
      <div>best {figure(row[best])}</div>
    </div>
  );
}

function Trials({ report }: { readonly report: SpeedReport }) {
  const { trials, refused, untried, goal } = report;
  const memory = goal === 'memory';
  const rows = [...trials].sort((a, b) =>
    memory ? (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0) : (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0),
  );
  const notes = [
    refused.length > 0
      ? `Refused, because answers changed more than allowed or for the reason given: ${refused.join('; ')}.`
      : '',
    untried.length > 0 ? `No time for: ${untried.join('; ')}.` : '',
  ].filter((note) => note !== '');
  return (
    <Card title="What was tried" sub={notes.join(' ')} label="What was tried" flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Way</th>
            <th className={table.numeric}>{memory ? 'Memory' : 'Tokens/s'}</th>
            {!memory && <th className={table.numeric}>ms a token</th>}
            <th className={table.numeric}>Measured</th>
            <th className={table.numeric}>Spread</th>
            <th className={table.numeric}>Nats apart</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ words, n, spread, latencyMs, tokensPerSecond, memoryBytes, divergence }) => (
            <tr key={words}>
              <td>{words}</td>
              <td className={table.numeric}>{memory ? bytes(memoryBytes ?? 0) : shortNumber(tokensPerSecond ?? 0)}</td>
              {!memory && <td className={table.numeric}>{shortNumber(latencyMs ?? 0)}</td>}
              <td className={table.numeric}>{n}×</td>
              <td className={table.numeric}>{(100 * spread).toFixed(0)}%</td>
              <td className={table.numeric}>{apartWords(divergence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
