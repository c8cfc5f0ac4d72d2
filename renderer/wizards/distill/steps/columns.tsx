/** For a teacher that classifies: which column of the data holds texts and which the classes, found and changed here. */
import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { Note } from '../../../ui/note.tsx';
import design from '../../frame/steps/design.module.css';
import type { StepProps } from '../../frame/wizard.ts';
import { classifies, foundColumns } from '../plan.ts';

const ROLES = [
  { key: 'text', title: 'Texts', words: 'what is read' },
  { key: 'label', title: 'Labels', words: 'the class of each text' },
] as const;

export function ClassifierColumns({ form, change }: StepProps) {
  const model = form.model?.id ?? '';
  const teacher = useQuery({
    queryKey: ['models', 'get', model],
    queryFn: () => engine.models.get({ id: model }),
    enabled: model !== '',
  });
  if (form.dataset === undefined || teacher.data === undefined || !classifies(teacher.data)) return null;
  return <Columns form={form} change={change} dataset={form.dataset} />;
}

interface Props extends Pick<StepProps, 'form' | 'change'> {
  readonly dataset: { readonly id: string; readonly name: string };
}

function Columns({ form, change, dataset: { id, name } }: Props) {
  const asked = Object.fromEntries(
    ROLES.flatMap(({ key }) => (typeof form.options[key] === 'string' ? [[key, form.options[key]]] : [])),
  ) as { text?: string; label?: string };
  const query = useQuery({
    queryKey: ['datasets', 'labels', id, asked.text, asked.label, 'classification'],
    queryFn: () => engine.datasets.labels({ id, ...asked, task: 'classification' }),
    placeholderData: keepPreviousData,
  });
  const facts = query.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found fills only what is empty, or left from another data set
  useEffect(() => {
    if (facts === undefined || query.isPlaceholderData) return;
    const found = foundColumns(facts, asked);
    if (ROLES.some(({ key }) => found[key] !== asked[key])) change({ options: { ...form.options, ...found } });
  }, [facts, query.isPlaceholderData]);
  return (
    <Asked query={query}>
      {({ columns, problem }) => (
        <>
          <Card title="Which columns?" sub={`found in ${name}`} label="Columns">
            <div className={design.columns}>
              {ROLES.map(({ key, title, words }) => (
                <Select
                  key={key}
                  label={title}
                  description={words}
                  placeholder="Choose a column"
                  allowDeselect={false}
                  data={columns.map((column) => ({
                    value: column.name,
                    label: `${column.name} (${counted(column.distinct, 'value')})`,
                  }))}
                  value={asked[key] ?? null}
                  onChange={(chosen) => change({ options: { ...form.options, [key]: chosen ?? undefined } })}
                />
              ))}
            </div>
          </Card>
          {problem !== undefined && (
            <Note tone="bad" title={problem.message}>
              {problem.hint}
            </Note>
          )}
        </>
      )}
    </Asked>
  );
}
