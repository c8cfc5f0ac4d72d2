/** Quantize and Prune: the bytes of each layer before and after. */
import { useQuery } from '@tanstack/react-query';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { engine } from '../../../client/client.ts';
import { bytes, bytesParts } from '../../../format/bytes.ts';
import { niceTicks } from '../live/ticks.ts';
import { type LayerBytes, layerBytes } from './layer-bytes.ts';
import styles from './picture.module.css';

interface Props {
  readonly before: string | undefined;
  readonly after: string;
}

export function LayerPicture({ before, after }: Props) {
  const query = useQuery({
    queryKey: ['models', 'layer-bytes', before, after],
    queryFn: async () => {
      const [old, fresh] = await Promise.all([
        // The original may have been removed since: the new one is shown alone.
        before === undefined ? [] : engine.models.layers({ id: before }).catch(() => []),
        engine.models.layers({ id: after }),
      ]);
      return layerBytes(old, fresh);
    },
  });
  const rows = query.data;
  if (rows === undefined || rows.length === 0) return null;
  const most = Math.max(...rows.map(({ before: old, after: fresh }) => Math.max(old ?? 0, fresh ?? 0)));
  const { unit } = bytesParts(most);
  const scale = 1000 ** ['bytes', 'KB', 'MB', 'GB', 'TB'].indexOf(unit);
  const ticks = niceTicks(0, most / scale, 4);
  return (
    <ChartCard
      title="Where the bytes are"
      sub={`size of each layer before and after, ${unit}`}
      name="layers"
      rows={rows}
      columns={['name', 'before', 'after']}
      legend={[
        { label: 'before', color: 'var(--before)' },
        { label: 'after', color: 'var(--after)' },
      ]}
    >
      <div className={styles.plot}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart
            data={rows}
            margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
            barGap={1}
            barCategoryGap="18%"
            title="Bytes by layer"
          >
            <CartesianGrid vertical={false} stroke="var(--grid)" />
            <XAxis
              dataKey="name"
              stroke="var(--axis)"
              tickLine={false}
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
            />
            <YAxis
              width={48}
              axisLine={false}
              tickLine={false}
              tick={{ fill: 'var(--text-3)', fontSize: 12 }}
              domain={[0, ticks[ticks.length - 1] * scale]}
              ticks={ticks.map((tick) => tick * scale)}
              tickFormatter={(value: number) => String(Number((value / scale).toPrecision(3)))}
            />
            <Tooltip content={<LayerTooltip />} cursor={{ fill: 'var(--bg-hover)' }} isAnimationActive={false} />
            <Bar dataKey="before" fill="var(--before)" isAnimationActive={false} />
            <Bar dataKey="after" fill="var(--after)" isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
    </ChartCard>
  );
}

interface TooltipProps {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: LayerBytes }[];
}

function LayerTooltip({ active, payload }: TooltipProps) {
  const row = payload?.[0]?.payload;
  if (!active || row === undefined) return null;
  const { name, before, after } = row;
  return (
    <div className={styles.tooltip}>
      <b>{/^\d+$/.test(name) ? `Layer ${name}` : name}</b>
      {before !== undefined && <div>before {bytes(before)}</div>}
      {after !== undefined && <div>after {bytes(after)}</div>}
      {before !== undefined && after !== undefined && after > 0 && <div>{(before / after).toFixed(2)}× smaller</div>}
    </div>
  );
}
