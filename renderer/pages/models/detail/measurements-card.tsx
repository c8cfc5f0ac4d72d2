/** What was measured of this version, beside the version it was made from. */
import { useQuery } from '@tanstack/react-query';
import type { ModelDetail } from '../../../../app/contract/models.ts';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { Card } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { MeasureTable } from '../../../ui/measures/measure-table.tsx';
import { Ago } from '../../../ui/quantity.tsx';

export function MeasurementsCard({ model }: { readonly model: ModelDetail }) {
  const { parent } = model;
  const { data: before } = useQuery({
    queryKey: ['models', 'get', parent],
    queryFn: () => engine.models.get({ id: parent ?? '' }),
    enabled: parent !== undefined,
  });
  const [latest] = model.measurements;
  return (
    <Card
      title="Measured on this machine"
      sub={latest !== undefined && <Ago time={latest.at} />}
      actions={
        before !== undefined && (
          <button type="button" className="link f12" onClick={() => go(`/models/${before.id}/beside/${model.id}`)}>
            Beside {before.name}
          </button>
        )
      }
    >
      {model.measured === undefined ? (
        <EmptyState
          icon="gauge"
          title="Nothing is measured yet"
          example="A profile says how fast it reads and writes here, how long until the first token, and how much memory it takes."
          action={
            <a className="link" href={`#/profile?model=${model.id}`}>
              Profile it
            </a>
          }
        />
      ) : (
        <MeasureTable
          versions={[
            ...(before === undefined ? [] : [{ name: before.name, measured: before.measured }]),
            { name: model.name, measured: model.measured },
          ]}
        />
      )}
    </Card>
  );
}
