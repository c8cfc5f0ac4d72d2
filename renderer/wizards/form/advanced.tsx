/** The settings of a technique, drawn from its schema: the few that most people change, or all of them. */
import { Button, SegmentedControl } from '@mantine/core';
import { Fragment, useState } from 'react';
import { counted } from '../../format/number.ts';
import { Icon } from '../../ui/icon.tsx';
import styles from './advanced.module.css';
import { FieldRow } from './field-row.tsx';
import type { Field } from './fields.ts';
import { changedKeys, type Options, withOption } from './values.ts';

interface Props {
  readonly fields: readonly Field[];
  readonly options: Options;
  /** What Reset goes back to. */
  readonly preset: Options;
  readonly change: (options: Options) => void;
}

export function Advanced({ fields, options, preset, change }: Props) {
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const changed = changedKeys(fields, options, preset);
  const few = fields.filter((field) => field.common || changed.includes(field.key));
  const divided = few.length > 0 && few.length < fields.length;
  const shown = all || !divided ? fields : few;
  return (
    <section className={styles.card} aria-label="Advanced settings">
      <div className={styles.head}>
        <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={open ? styles.open : styles.closed}>
            <Icon name="cd" />
          </span>
          <h2>Advanced</h2>
          <span className="t3 f12">
            {open && shown.length < fields.length
              ? `${shown.length} of ${counted(fields.length, 'setting')}`
              : counted(fields.length, 'setting')}
          </span>
        </button>
        {open && divided && (
          <SegmentedControl
            size="xs"
            aria-label="Which settings"
            value={all ? 'all' : 'common'}
            onChange={(value) => setAll(value === 'all')}
            data={[
              { value: 'common', label: 'Common' },
              { value: 'all', label: 'All' },
            ]}
          />
        )}
        {changed.length > 0 && (
          <Button size="xs" variant="subtle" color="gray" onClick={() => change(preset)}>
            Reset {counted(changed.length, 'change')}
          </Button>
        )}
      </div>
      {open &&
        groupsOf(shown).map(([group, members]) => (
          <Fragment key={group}>
            {group !== undefined && shown.length > few.length && <h3 className={styles.group}>{group}</h3>}
            {members.map((field) => (
              <FieldRow
                key={field.key}
                field={field}
                value={options[field.key] ?? undefined}
                presetValue={preset[field.key]}
                changed={changed.includes(field.key)}
                change={(value) => change(withOption(options, field.key, value))}
              />
            ))}
          </Fragment>
        ))}
    </section>
  );
}

/** Fields of a group stand together, groups in the order of their first field; those without one last. */
function groupsOf(fields: readonly Field[]): [string | undefined, Field[]][] {
  const groups = new Map<string | undefined, Field[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups].sort(([a], [b]) => Number(a === undefined) - Number(b === undefined));
}
