/** One tensor: shape, type, size, and a histogram of its weights. */
import { useQuery } from '@tanstack/react-query';
import { Bars } from '../../../charts/bars.tsx';
import { ChartCard } from '../../../charts/chart-card.tsx';
import { engine } from '../../../client/client.ts';
import { exactNumber, percent, shortNumber } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Facts } from '../../../ui/facts.tsx';
import styles from './detail.module.css';

interface Props {
  readonly id: string;
  readonly tensor: string;
}

export function TensorCard({ id, tensor }: Props) {
  const query = useQuery({
    queryKey: ['models', 'histogram', id, tensor],
    queryFn: () => engine.models.histogram({ id, tensor, bars: 96 }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <ChartCard
      title={tensor}
      sub="how many weights have which value"
      name={`${id} ${tensor}`}
      columns={['from', 'to', 'weights']}
      rows={
        query.data?.counts.map((weights, i) => ({ from: query.data.edges[i], to: query.data.edges[i + 1], weights })) ??
        []
      }
    >
      <Asked query={query}>
        {(found) => (
          <div className={styles.tensor}>
            <Bars
              label={`Histogram of the weights of ${tensor}`}
              bars={found.counts.map((count, i) => ({ from: found.edges[i], to: found.edges[i + 1], value: count }))}
              xLabel="weight"
              yLabel="Weights"
            />
            <Facts
              facts={[
                ['Shape', found.shape.join(' × ')],
                ['Type', found.dtype],
                ['Weights', exactNumber(found.values)],
                ['Smallest', shortNumber(found.minimum)],
                ['Largest', shortNumber(found.maximum)],
                ['Mean', shortNumber(found.mean)],
                ['Standard deviation', shortNumber(found.deviation)],
                ['Exactly zero', percent(found.values === 0 ? 0 : found.zeros / found.values)],
              ]}
            />
          </div>
        )}
      </Asked>
    </ChartCard>
  );
}
