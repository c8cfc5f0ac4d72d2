/** The model from inside: its layers as a tree, one tensor's shape, type and the spread of its weights. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import styles from './detail.module.css';
import { TensorCard } from './tensor-card.tsx';
import { tensorTree } from './tensor-tree.ts';
import { TreeView } from './tree-view.tsx';

export function LayersTab({ id }: { readonly id: string }) {
  const query = useQuery({
    queryKey: ['models', 'layers', id],
    queryFn: () => engine.models.layers({ id }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const tree = useMemo(() => tensorTree(query.data ?? []), [query.data]);
  const [picked, setPicked] = useState<string>();
  const chosen = picked ?? query.data?.[0]?.name;
  return (
    <Asked query={query}>
      {(tensors) => (
        <div className={styles.layers}>
          <Card flush title="Layers" sub={counted(tensors.length, 'tensor')} className={styles.tree}>
            <TreeView nodes={tree} chosen={chosen} onChoose={setPicked} />
          </Card>
          {chosen === undefined ? (
            <Card flush>
              <EmptyState
                icon="models"
                title="Choose a tensor"
                example="Its shape, its type and the spread of its weights are shown here."
              />
            </Card>
          ) : (
            <TensorCard id={id} tensor={chosen} />
          )}
        </div>
      )}
    </Asked>
  );
}
