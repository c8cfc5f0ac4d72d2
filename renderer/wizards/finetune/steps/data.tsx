/** Which data, and what else is mixed in: further data sets, each with its share. */
import { ActionIcon, NumberInput, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { percent } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Note } from '../../../ui/note.tsx';
import { DataScreen } from '../../frame/steps/data.tsx';
import type { StepProps } from '../../frame/wizard.ts';
import { FIRST_SHARE, type MixedSet, mixedSets, mixtureProblem, ownShare, withMixed } from '../mixture.ts';
import styles from './choices.module.css';

export function FinetuneData(props: StepProps) {
  return (
    <>
      <DataScreen {...props} />
      {props.form.dataset !== undefined && <Mixture {...props} />}
    </>
  );
}

/** Most data sets to choose from: more are found by a name in the list above. */
const OFFERED = 200;

function Mixture({ form, change }: StepProps) {
  const sets = mixedSets(form.options);
  const datasets = useQuery({
    queryKey: ['datasets', 'mix'],
    queryFn: () => engine.datasets.list({ limit: OFFERED }),
  });
  const free = (datasets.data?.items ?? []).filter(
    ({ id, problem }) => problem === undefined && id !== form.dataset?.id && sets.every((set) => set.id !== id),
  );
  const set = (next: readonly MixedSet[]) => change({ options: withMixed(form.options, next) });
  const problem = mixtureProblem(sets);
  if (free.length === 0 && sets.length === 0) return null;
  return (
    <Card
      title="Mix in other data"
      sub={
        sets.length === 0
          ? 'so that it keeps what it could before'
          : `${percent(Math.max(0, ownShare(sets)))} of the examples stay ${form.dataset?.name}`
      }
      label="Mixture"
    >
      {sets.map((mixed) => (
        <div key={mixed.id} className={styles.mix}>
          <span className="cut">{mixed.name}</span>
          <NumberInput
            size="xs"
            aria-label={`Share of ${mixed.name}`}
            min={1}
            max={95}
            allowDecimal={false}
            suffix=" %"
            value={Math.round(100 * mixed.share)}
            onChange={(value) =>
              typeof value === 'number' &&
              value >= 1 &&
              set(sets.map((other) => (other.id === mixed.id ? { ...other, share: value / 100 } : other)))
            }
          />
          <ActionIcon
            aria-label={`Leave out ${mixed.name}`}
            onClick={() => set(sets.filter(({ id }) => id !== mixed.id))}
          >
            <Icon name="x" size={14} />
          </ActionIcon>
        </div>
      ))}
      {free.length > 0 && (
        <Select
          className={sets.length > 0 ? styles.add : undefined}
          size="xs"
          aria-label="Mix in another data set"
          placeholder="Add another data set"
          searchable
          value={null}
          data={free.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(id) => {
            const found = free.find((dataset) => dataset.id === id);
            if (found) set([...sets, { id: found.id, name: found.name, share: FIRST_SHARE }]);
          }}
        />
      )}
      {problem !== undefined && (
        <div className={styles.note}>
          <Note tone="bad" title={problem} />
        </div>
      )}
    </Card>
  );
}
