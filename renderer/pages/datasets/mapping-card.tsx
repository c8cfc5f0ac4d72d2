/** How the file is read: its format, recognised or chosen, and which column is which. The file stays as it is. */
import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { DatasetDetail } from '../../../app/contract/datasets.ts';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { attempt, tell } from '../../ui/notify.tsx';
import styles from './datasets.module.css';
import { columnFor, fieldsOf, withoutSelf } from './mapping.ts';

const RECOGNISE = '';

async function save(id: string, format: string | null, mapping: Readonly<Record<string, string>>): Promise<void> {
  await engine.datasets.setMapping({ id, format, mapping: withoutSelf(mapping) });
  await forget('datasets');
}

export function MappingCard({ dataset }: { readonly dataset: DatasetDetail }) {
  const [format, setFormat] = useState(dataset.formatChosen ? (dataset.format ?? RECOGNISE) : RECOGNISE);
  const [mapping, setMapping] = useState(dataset.mapping);
  const [busy, setBusy] = useState(false);
  const used = format === RECOGNISE ? dataset.format : format;
  const fields = fieldsOf(dataset.formats.find(({ name }) => name === used)?.columns ?? '');
  const changed =
    (format === RECOGNISE ? dataset.formatChosen : format !== dataset.format || !dataset.formatChosen) ||
    JSON.stringify(withoutSelf(mapping)) !== JSON.stringify(withoutSelf(dataset.mapping));
  const apply = async () => {
    setBusy(true);
    const before = { format: dataset.formatChosen ? (dataset.format ?? null) : null, mapping: dataset.mapping };
    const done = await attempt(async () => {
      await save(dataset.id, format === RECOGNISE ? null : format, mapping);
      return true;
    });
    setBusy(false);
    if (done)
      tell({
        tone: 'good',
        title: 'The columns are read anew',
        undo: () => save(dataset.id, before.format, before.mapping),
      });
  };
  return (
    <Card
      title="How it is read"
      actions={
        dataset.format === undefined ? (
          <Badge tone="warn" icon="warn">
            Choose a format
          </Badge>
        ) : (
          <Badge tone="good" icon="check">
            {dataset.formatChosen ? 'Chosen' : 'Recognised'}
          </Badge>
        )
      }
    >
      <div className={styles.form}>
        <Select
          label="Format"
          allowDeselect={false}
          value={format}
          data={[
            {
              value: RECOGNISE,
              label: dataset.formatChosen
                ? 'Recognise it'
                : `${dataset.format ?? 'not recognised'} (found in the file)`,
            },
            ...dataset.formats.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={(value) => setFormat(value ?? RECOGNISE)}
        />
        {used !== undefined && (
          <p className="t3 f12">Needs: {dataset.formats.find(({ name }) => name === used)?.columns}</p>
        )}
        {fields.map(({ field, optional }) => (
          <Select
            key={field}
            label={optional ? `${field}, if there is one` : field}
            placeholder="No such column"
            clearable={optional}
            searchable
            data={[...dataset.columns]}
            value={columnFor(field, mapping, dataset.columns) ?? null}
            onChange={(column) => setMapping((old) => ({ ...old, [field]: column ?? '' }))}
          />
        ))}
        <Button variant="filled" disabled={!changed} loading={busy} onClick={() => void apply()}>
          Read it this way
        </Button>
      </div>
    </Card>
  );
}
