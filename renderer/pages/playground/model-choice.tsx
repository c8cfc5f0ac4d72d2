/** Chooses a version by typing a part of its name; the list is searched on the engine. */
import { ActionIcon, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../client/client.ts';
import { bytes } from '../../format/bytes.ts';
import { Icon } from '../../ui/icon.tsx';
import styles from './model-choice.module.css';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly choose: (id: string) => void;
  readonly remove?: () => void;
}

export function ModelChoice({ label, value, choose, remove }: Props) {
  const [search, setSearch] = useState('');
  // Mantine puts the chosen name into the search field: that is no search.
  const [asked] = useDebouncedValue(search === value ? '' : search, 150);
  const { data } = useQuery({
    queryKey: ['models', 'choice', asked],
    queryFn: () => engine.models.list({ search: asked, limit: 50 }),
    placeholderData: keepPreviousData,
  });
  const known = (data?.items ?? []).filter(({ problem }) => problem === undefined);
  const options = known.map(({ id, name, format, sizeBytes }) => ({
    value: id,
    label: name,
    note: `${format}, ${bytes(sizeBytes)}`,
  }));
  const chosen = known.find(({ id }) => id === value);
  if (!options.some((option) => option.value === value)) options.unshift({ value, label: value, note: '' });
  return (
    <div className={styles.choice}>
      <Select
        className="grow"
        aria-label={label}
        searchable
        allowDeselect={false}
        data={options}
        value={value}
        filter={({ options: all }) => all}
        onSearchChange={setSearch}
        onChange={(id) => id !== null && choose(id)}
        nothingFoundMessage="No such model"
        renderOption={({ option }) => (
          <span className={styles.option}>
            <span className="cut grow">{option.label}</span>
            <span className="t3 f12">{(option as (typeof options)[number]).note}</span>
          </span>
        )}
      />
      {chosen !== undefined && <span className="t3 f12 nw">{`${chosen.format}, ${bytes(chosen.sizeBytes)}`}</span>}
      {remove !== undefined && (
        <ActionIcon aria-label="Remove the second version" onClick={remove}>
          <Icon name="x" />
        </ActionIcon>
      )}
    </div>
  );
}
