/** One setting: label, a line of help, its control with the unit, and the default with a way back to it. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useId } from 'react';
import { Icon } from '../../ui/icon.tsx';
import { FieldControl } from './field-control.tsx';
import styles from './field-row.module.css';
import { type Field, wordsFor } from './fields.ts';

interface Props {
  readonly field: Field;
  readonly value: unknown;
  readonly presetValue: unknown;
  readonly changed: boolean;
  /** undefined: the default. */
  readonly change: (value: unknown) => void;
}

export function FieldRow({ field, value, presetValue, changed, change }: Props) {
  const id = useId();
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <div className={styles.label}>
          <label htmlFor={id} id={`${id}-label`}>
            {field.label}
          </label>
          {changed && (
            <span className={styles.changed}>
              <span className="sr">changed</span>
            </span>
          )}
          <Tooltip label={`${field.help}. In recipes: ${kebab(field.key)}`.replace('..', '.')}>
            <ActionIcon size={18} aria-label={`About ${field.label.toLowerCase()}`}>
              <Icon name="info" size={14} />
            </ActionIcon>
          </Tooltip>
        </div>
        <p className={styles.help} id={`${id}-help`}>
          {field.help}
        </p>
      </div>
      <FieldControl id={id} field={field} value={value} change={change} />
      <div className={styles.default}>
        {presetValue === undefined ? `default ${field.defaultText}` : `preset ${wordsFor(field, presetValue)}`}
        {changed && (
          <ActionIcon size={20} aria-label={`Reset ${field.label.toLowerCase()}`} onClick={() => change(presetValue)}>
            <Icon name="reset" size={14} />
          </ActionIcon>
        )}
      </div>
    </div>
  );
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
