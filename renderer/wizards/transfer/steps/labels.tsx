/** Which column holds texts and which one classes, found by the engine and changed here, with how many of each there are. */
import { Button, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LabelFacts } from '../../../../app/contract/datasets.ts';
import { engine } from '../../../client/client.ts';
import { compactCount, counted, percent } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { Note } from '../../../ui/note.tsx';
import table from '../../../ui/plain-table.module.css';
import type { StepProps } from '../../frame/wizard.ts';
import { columnsOf } from '../plan.ts';
import { KINDS, type Kind, kindOf } from '../tasks.ts';
import styles from './labels.module.css';

/** Classes shown before "Show all" is asked for. */
const FEW = 12;
/** One class is so many times as frequent as another: the plain share of right answers says little then. */
const LOPSIDED = 10;

export function LabelsScreen({ form, change }: StepProps) {
  const id = form.dataset?.id ?? '';
  const { text, label } = columnsOf(form);
  const kind = kindOf(form.options);
  const { task } = KINDS[kind].options;
  const query = useQuery({
    queryKey: ['datasets', 'labels', id, text, label, task],
    queryFn: () => engine.datasets.labels({ id, text, label, task }),
    enabled: id !== '',
    placeholderData: keepPreviousData,
  });
  const found = query.data;
  const known = (name: string | undefined) => found?.columns.some((column) => column.name === name);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found fills only what is empty, or left from another data set
  useEffect(() => {
    if (found === undefined || query.isPlaceholderData) return;
    const wanted = { text: known(text) ? text : found.text, label: known(label) ? label : found.label };
    if (!known(wanted.text)) wanted.text = undefined;
    if (!known(wanted.label)) wanted.label = undefined;
    if (wanted.text !== text || wanted.label !== label) change({ options: { ...form.options, ...wanted } });
  }, [found, query.isPlaceholderData]);
  const set = (column: 'text' | 'label') => (name: string | null) =>
    change({ options: { ...form.options, [column]: name ?? undefined } });
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
              onChange={(value) => change({ options: { ...form.options, ...KINDS[(value ?? kind) as Kind].options } })}
            />
          </Card>
          <Card title="Which columns?" sub={`found in ${form.dataset?.name ?? 'the data'}`} label="Columns">
            <div className={styles.columns}>
              {(['text', 'label'] as const).map((column) => (
                <Select
                  key={column}
                  label={column === 'text' ? 'Texts' : 'Labels'}
                  description={column === 'text' ? 'what is read' : 'what it is to say of a text'}
                  placeholder="Choose a column"
                  allowDeselect={false}
                  data={facts.columns.map(({ name, distinct }) => ({
                    value: name,
                    label: `${name} (${counted(distinct, 'value')})`,
                  }))}
                  value={(column === 'text' ? text : label) ?? null}
                  onChange={set(column)}
                />
              ))}
            </div>
          </Card>
          {facts.problem !== undefined && (
            <Note tone="bad" title={facts.problem.message}>
              {facts.problem.hint}
            </Note>
          )}
          <Balance facts={facts} />
          <Examples facts={facts} />
        </>
      )}
    </Asked>
  );
}

function Balance({ facts: { classes, classCount, usableRows, rows, problem } }: { readonly facts: LabelFacts }) {
  const [all, setAll] = useState(false);
  if (classes.length === 0) return null;
  const shown = all ? classes : classes.slice(0, FEW);
  const [{ count: most }] = classes;
  const least = classes.at(-1)!;
  return (
    <Card
      title="Classes"
      sub={`${counted(classCount, 'class', 'classes')} in ${counted(usableRows, 'row')}${usableRows < rows ? `; ${counted(rows - usableRows, 'row')} without text or label are left out` : ''}`}
      label="Class balance"
    >
      <div className={styles.bars}>
        {shown.map(({ label, count }) => (
          <Bar key={label} label={label} count={count} most={most} total={usableRows} />
        ))}
      </div>
      {classes.length > FEW && (
        <Button size="xs" variant="subtle" className={styles.more} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${classes.length}`}
        </Button>
      )}
      {problem === undefined && classes.length === classCount && most >= LOPSIDED * least.count && (
        <p className={`${styles.more} t2`}>
          “{classes[0].label}” is {Math.round(most / least.count)} times as frequent as “{least.label}”. The result also
          gives macro F1, where every class counts alike.
        </p>
      )}
    </Card>
  );
}

interface BarProps {
  readonly label: string;
  readonly count: number;
  readonly most: number;
  readonly total: number;
}

const Bar = ({ label, count, most, total }: BarProps) => (
  <>
    <span className="cut" title={label}>
      {label}
    </span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${(100 * count) / most}%` }} />
    </div>
    <span className={styles.numeric}>{compactCount(count)}</span>
    <span className={`${styles.numeric} t3`}>{percent(count / total)}</span>
  </>
);

function Examples({ facts: { columns, text, label } }: { readonly facts: LabelFacts }) {
  const chosen = [text, label].flatMap((name) => columns.filter((column) => column.name === name));
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
