/** The model card that came with the model. */
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Markdown } from '../../../ui/markdown.tsx';

export function CardTab({ id }: { readonly id: string }) {
  const query = useQuery({ queryKey: ['models', 'card', id], queryFn: () => engine.models.card({ id }) });
  return (
    <Card flush={query.data?.markdown.trim() === ''}>
      <Asked query={query}>
        {({ markdown }) =>
          markdown.trim() === '' ? (
            <EmptyState
              icon="doc"
              title="This model came without a card"
              example="A README.md in its folder would be shown here."
            />
          ) : (
            <Markdown text={markdown} />
          )
        }
      </Asked>
    </Card>
  );
}
