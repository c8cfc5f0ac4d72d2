/** Rows of which one is chosen, with a search field once there are many and more on demand. */
import { Button, Radio, TextInput } from '@mantine/core';
import type { CSSProperties, ReactNode } from 'react';
import { counted } from '../../../format/number.ts';
import { Icon } from '../../../ui/icon.tsx';
import styles from './choice-list.module.css';

export interface Choice {
  readonly id: string;
  readonly name: string;
  /** What stands in the further columns. */
  readonly cells: readonly ReactNode[];
  readonly disabled?: boolean;
}

export interface Column {
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly numeric?: boolean;
}

interface Props {
  readonly heading: string;
  /** "Model", "Data set": heads the first column. */
  readonly noun: string;
  readonly columns: readonly Column[];
  readonly choices: readonly Choice[];
  readonly total: number;
  readonly chosen: string | undefined;
  readonly choose: (choice: Choice) => void;
  readonly search: string;
  readonly setSearch: (text: string) => void;
  readonly more: () => void;
  readonly actions?: ReactNode;
}

/** From this many on a search field saves looking through them. */
const MANY = 8;

export function ChoiceList(props: Props) {
  const { heading, noun, columns, choices, total, chosen, choose, search, setSearch, more, actions } = props;
  const widths = `20px minmax(0, 1fr) ${columns.map(({ width }) => `${width}px`).join(' ')}`;
  return (
    <div className={styles.list}>
      <div className={styles.head}>
        <h2 className="grow">{heading}</h2>
        {(total > MANY || search !== '') && (
          <TextInput
            size="xs"
            aria-label={`Filter ${noun.toLowerCase()}s`}
            placeholder="Filter"
            leftSection={<Icon name="search" size={14} />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        {actions}
      </div>
      <Radio.Group
        aria-label={heading}
        value={chosen ?? null}
        onChange={(id) => {
          const choice = choices.find((c) => c.id === id);
          if (choice) choose(choice);
        }}
      >
        <div className={styles.table} style={{ '--choice-columns': widths } as CSSProperties}>
          <div className={styles.titles} aria-hidden>
            <span />
            <span>{noun}</span>
            {columns.map(({ title, numeric }) => (
              <span key={title} className={numeric ? styles.numeric : undefined}>
                {title}
              </span>
            ))}
          </div>
          {choices.map((choice) => (
            <Radio.Card
              key={choice.id}
              value={choice.id}
              disabled={choice.disabled}
              className={`${styles.row} ${choice.id === chosen ? styles.chosen : ''}`}
            >
              <Radio.Indicator size="xs" />
              <b className={choice.cells.length === 0 ? styles.whole : 'cut'}>{choice.name}</b>
              {choice.cells.map((cell, i) => (
                <span key={columns[i].title} className={columns[i].numeric ? styles.numeric : 'cut'}>
                  {cell}
                </span>
              ))}
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      {choices.length === 0 && search !== '' && <p className="t2">Nothing is called “{search}”.</p>}
      {choices.length < total && (
        <Button size="xs" onClick={more} className={styles.more}>
          Show more, {counted(total - choices.length, 'left', 'left')}
        </Button>
      )}
    </div>
  );
}
