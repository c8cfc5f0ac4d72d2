/** What is to be learnt of each text and from which columns, found by the engine and changed here, with what they hold. */
import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { LabelFacts } from '../../../../app/contract/datasets.ts';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { Note } from '../../../ui/note.tsx';
import table from '../../../ui/plain-table.module.css';
import { presetsFor } from '../../form/values.ts';
import design from '../../frame/steps/design.module.css';
import type { StepProps } from '../../frame/wizard.ts';
import { COLUMNS, type ColumnKey, columnsOf } from '../plan.ts';
import { askedColumns, KINDS, type Kind, kindOf } from '../tasks.ts';
import { Balance } from './balance.tsx';
import styles from './labels.module.css';

export function LabelsScreen({ technique, form, change }: StepProps) {
  const id = form.dataset?.id ?? '';
  const columns = columnsOf(form);
  const chosen = form.options.task !== undefined;
  const task = chosen ? KINDS[kindOf(form.options)].options.task : undefined;
  const query = useQuery({
    queryKey: ['datasets', 'labels', id, task, ...COLUMNS.map((key) => columns[key])],
    queryFn: () => engine.datasets.labels({ id, task, ...columns }),
    enabled: id !== '',
    placeholderData: keepPreviousData,
  });
  const found = query.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found fills only what is empty, or left from another data set
  useEffect(() => {
    if (found === undefined || query.isPlaceholderData) return;
    const isThere = (name: string | undefined) => found.columns.some((column) => column.name === name);
    const wanted = COLUMNS.map((key) => [key, [columns[key], found[key]].find(isThere)] as const);
    const own = chosen ? {} : kindSettings(kindOf({ task: found.suggestedTask }), form, technique);
    if (chosen && wanted.every(([key, name]) => name === columns[key])) return;
    change({ options: { ...form.options, ...own, ...Object.fromEntries(wanted) } });
  }, [found, query.isPlaceholderData]);
  const kind = chosen ? kindOf(form.options) : kindOf({ task: found?.suggestedTask });
  const choose = (next: Kind) => {
    const forgotten = Object.fromEntries(COLUMNS.map((key) => [key, undefined]));
    change({ options: { ...form.options, ...forgotten, ...kindSettings(next, form, technique) } });
  };
  const set = (key: ColumnKey) => (name: string | null) =>
    change({ options: { ...form.options, [key]: name ?? undefined } });
  return (
    <Asked query={query}>
      {(facts) => (
        <>
          <Card title="What is it to say of a text?" label="Task">
            <Select
              aria-label="Task"
              description={KINDS[kind].words}
              allowDeselect={false}
              data={Object.entries(KINDS).map(([value, { title }]) => ({ value, label: title }))}
              value={kind}
              onChange={(value) => choose((value ?? kind) as Kind)}
            />
          </Card>
          <Card title="Which columns?" sub={`found in ${form.dataset?.name ?? 'the data'}`} label="Columns">
            <div className={design.columns}>
              {askedColumns(kind).map(({ key, title, words, optional }) => (
                <Select
                  key={key}
                  label={title}
                  description={words}
                  placeholder={optional ? 'None' : 'Choose a column'}
                  allowDeselect={optional === true}
                  data={facts.columns.map(({ name, distinct }) => ({
                    value: name,
                    label: `${name} (${counted(distinct, 'value')})`,
                  }))}
                  value={columns[key] ?? null}
                  onChange={set(key)}
                />
              ))}
            </div>
          </Card>
          {facts.problem !== undefined && (
            <Note tone="bad" title={facts.problem.message}>
              {facts.problem.hint}
            </Note>
          )}
          <LeftOut facts={facts} />
          <Balance facts={facts} kind={kind} />
          <Examples facts={facts} kind={kind} />
        </>
      )}
    </Asked>
  );
}

/** Settings of a kind of task, with those of the preset that was chosen, as it is for this kind. */
function kindSettings(kind: Kind, form: StepProps['form'], { presets }: StepProps['technique']) {
  const { options } = KINDS[kind];
  const before = presetsFor(presets, form.options).find(({ id }) => id === form.preset)?.values ?? {};
  const forgotten = Object.fromEntries(Object.keys(before).map((key) => [key, undefined]));
  return { ...forgotten, ...presetsFor(presets, options).find(({ id }) => id === form.preset)?.values, ...options };
}

/** Rows that cannot be learnt from, the first with their reasons. */
function LeftOut({ facts: { leftOut, leftOutCount } }: { readonly facts: LabelFacts }) {
  if (leftOutCount === 0) return null;
  return (
    <Note tone="warn" title={`${counted(leftOutCount, 'row')} will be left out`}>
      {leftOut.map(({ row, file, message }) => (
        <p key={`${file ?? ''}:${row}`}>
          {file === undefined ? '' : `${file}, `}row {row}: {message}
        </p>
      ))}
    </Note>
  );
}

function Examples({ facts, kind }: { readonly facts: LabelFacts; readonly kind: Kind }) {
  const names = askedColumns(kind).map(({ key }) => facts[key]);
  const chosen = names.flatMap((name) => facts.columns.filter((column) => column.name === name));
  if (chosen.length === 0) return null;
  return (
    <Card title="How they read" sub="the first values of each column" label="Examples" flush>
      <table className={`${table.table} ${styles.examples}`}>
        <tbody>
          {chosen.map(({ name, examples }) => (
            <tr key={name}>
              <td className="nw">{name}</td>
              <td>{examples.join(' · ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
