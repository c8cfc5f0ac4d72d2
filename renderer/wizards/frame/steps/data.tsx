/** Which data, and the user's own prompts that are answered before and after. */
import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { DatasetSummary } from '../../../../app/contract/datasets.ts';
import { chooseFiles } from '../../../app/drop/choose-files.ts';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { compactCount } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Ago, Missing } from '../../../ui/quantity.tsx';
import type { WizardForm } from '../plan.ts';
import { useModel } from '../use-model.ts';
import type { StepProps } from '../wizard.ts';
import { ChoiceList } from './choice-list.tsx';
import { Prompts } from './prompts.tsx';

const PAGE = 50;
const NONE = 'none';
/** What happens without data, unless the wizard knows better. */
export const WITHOUT = 'only size and speed are measured';
const COLUMNS = [
  { title: 'Format', width: 136 },
  { title: 'Rows', width: 72, numeric: true },
  { title: 'Size', width: 72, numeric: true },
  { title: 'Added', width: 104, numeric: true },
];

export function DataScreen(props: StepProps) {
  const { wizard, form, change } = props;
  const { Below } = wizard.data ?? {};
  const anyColumns = useAnyColumns(props);
  const { required = false, heading = 'Which data?', without = WITHOUT, prompts = true, empty } = wizard.data ?? {};
  const { ownOptions = [] } = wizard.data ?? {};
  const take = (dataset: WizardForm['dataset']) => {
    if (dataset?.id === form.dataset?.id) return;
    const kept = Object.entries(form.options).filter(([key]) => !ownOptions.includes(key));
    change({ dataset, ...(ownOptions.length > 0 ? { options: Object.fromEntries(kept) } : {}) });
  };
  const usable = ({ problem }: DatasetSummary) =>
    problem === undefined || (anyColumns && problem.code === 'dataset/unknown-format');
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [asked] = useDebouncedValue(search, 150);
  const datasets = useQuery({
    queryKey: ['datasets', 'choose', asked, limit],
    queryFn: () => engine.datasets.list({ search: asked, limit }),
    placeholderData: keepPreviousData,
  });
  const opened = useRef(Date.now());
  const newest = datasets.data?.items[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a data set that just came chooses itself
  useEffect(() => {
    if (newest === undefined || newest.addedAt < opened.current || !usable(newest)) return;
    take({ id: newest.id, name: newest.name });
  }, [newest?.id]);
  const sample = wizard.data?.sample !== undefined && <SampleButton name={wizard.data.sample} take={take} />;
  return (
    <>
      <Asked query={datasets}>
        {({ items, total }) =>
          total === 0 && search === '' && required ? (
            <EmptyState
              icon="data"
              title={empty?.title ?? 'It learns from a file of examples: drop one anywhere on this window.'}
              example={
                <code className="mono">
                  {empty?.example ?? '{"prompt": "Where is my parcel?", "completion": "Let me look."}'}
                </code>
              }
              action={
                <span className="row">
                  <Button variant="filled" onClick={() => void chooseFiles('files')}>
                    Add data
                  </Button>
                  {sample}
                </span>
              }
            />
          ) : (
            <ChoiceList
              heading={heading}
              noun="Data set"
              columns={COLUMNS}
              total={total}
              search={search}
              setSearch={setSearch}
              more={() => setLimit(Math.min(500, limit + 100))}
              chosen={form.dataset?.id ?? (required ? undefined : NONE)}
              choose={({ id, name }) => take(id === NONE ? undefined : { id, name })}
              actions={
                <span className="row">
                  {sample}
                  <Button size="xs" onClick={() => void chooseFiles('files')}>
                    Add data
                  </Button>
                </span>
              }
              choices={[
                ...(required || search !== '' ? [] : [{ id: NONE, name: `None: ${without}`, cells: [] }]),
                ...items.map((dataset) => ({
                  id: dataset.id,
                  name: dataset.name,
                  disabled: !usable(dataset),
                  cells: [
                    dataset.format ??
                      (!usable(dataset) ? 'cannot be read' : dataset.problem ? 'own columns' : 'not recognised'),
                    dataset.rows === undefined ? (
                      <Missing key="rows" why="Not counted yet" />
                    ) : (
                      compactCount(dataset.rows)
                    ),
                    bytes(dataset.sizeBytes),
                    <Ago key="added" time={dataset.addedAt} />,
                  ],
                })),
              ]}
            />
          )
        }
      </Asked>
      {Below && <Below {...props} />}
      {prompts && <Prompts form={form} change={change} />}
    </>
  );
}

/** Whether data sets in no known format will do, which may depend on the model. */
function useAnyColumns({ wizard, form }: StepProps): boolean {
  const wanted = wizard.data?.anyColumns ?? false;
  const model = useModel(form.model?.id, typeof wanted === 'function');
  if (typeof wanted === 'boolean') return wanted;
  return model !== undefined && wanted(model);
}

/** Labelled texts to begin with, where there are none of one's own yet. */
interface SampleProps {
  readonly name: string;
  readonly take: (dataset: WizardForm['dataset']) => void;
}

function SampleButton({ name, take }: SampleProps) {
  const add = useMutation({
    mutationFn: () => engine.datasets.addSample({}),
    onSuccess: ({ id, name: added }) => take({ id, name: added }),
  });
  return (
    <Button size="xs" loading={add.isPending} onClick={() => add.mutate()}>
      {name}
    </Button>
  );
}
