/** The family of one model: what was made from what, and what the selected version won against its origin. */
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Loading } from '../../../ui/loading.tsx';
import { gain } from './gain.ts';
import styles from './lineage.module.css';
import { LineageGraph } from './lineage-graph.tsx';

interface Props {
  readonly id: string;
  readonly onSelect: (id: string) => void;
}

export function LineageCard({ id, onSelect }: Props) {
  const query = useQuery({
    queryKey: ['models', 'lineage', id],
    queryFn: () => engine.models.lineage({ id }),
    placeholderData: keepPreviousData,
  });
  const { data } = query;
  const selected = data?.nodes.find((node) => node.id === id);
  const origin = data?.nodes.find((node) => node.id === selected?.family);
  return (
    <Card
      className={styles.card}
      flush
      title={origin?.name ?? 'Versions'}
      sub={
        data !== undefined &&
        `what was made from what; ${counted(data.total, 'version')}${data.total > data.nodes.length ? `, the newest ${data.nodes.length} shown` : ''}`
      }
      actions={
        origin !== undefined && (
          <Button size="xs" leftSection={<Icon name="compare" />} onClick={() => go(`/compare/${origin.id}`)}>
            Compare all
          </Button>
        )
      }
    >
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {data === undefined && !query.isError && <Loading />}
      {data !== undefined && (
        <div className={styles.canvas}>
          <LineageGraph models={data.nodes} edges={data.edges} selected={id} onSelect={onSelect} />
        </div>
      )}
      {selected !== undefined && (
        <div className={styles.foot}>
          <p className="grow">
            <b>{selected.name}</b> <span className="t2">{gain(selected, origin)}</span>
          </p>
          <Button size="xs" leftSection={<Icon name="chat" />} onClick={() => go(`/playground?left=${selected.id}`)}>
            Try it
          </Button>
          <Button size="xs" variant="filled" onClick={() => go(`/models/${selected.id}`)}>
            Open
          </Button>
        </div>
      )}
    </Card>
  );
}
