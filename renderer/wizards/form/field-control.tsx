/** The control of one setting: a switch, a choice, or a text that is read as the schema says. */
import { Select, Switch, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import styles from './field-row.module.css';
import { type Field, valueText } from './fields.ts';
import { readField, sameValue } from './values.ts';

interface Props {
  readonly id: string;
  readonly field: Field;
  readonly value: unknown;
  readonly change: (value: unknown) => void;
}

export function FieldControl({ id, field, value, change }: Props) {
  switch (field.control) {
    case 'switch': {
      const on = (value ?? field.default) === true;
      return (
        <Switch
          id={id}
          size="sm"
          aria-describedby={`${id}-help`}
          checked={on}
          label={on ? 'On' : 'Off'}
          aria-labelledby={`${id}-label`}
          onChange={(event) => change(event.currentTarget.checked)}
        />
      );
    }
    case 'select':
      return (
        <Select
          id={id}
          size="xs"
          aria-describedby={`${id}-help`}
          allowDeselect={false}
          clearable={field.optional}
          placeholder={field.optional ? 'Automatic' : undefined}
          data={field.choices.map((choice) => ({ value: String(choice.value), label: choice.label }))}
          value={(value ?? field.default) === undefined ? null : String(value ?? field.default)}
          onChange={(text) => change(field.choices.find((choice) => String(choice.value) === text)?.value)}
        />
      );
    default:
      return <TypedControl id={id} field={field} value={value} change={change} />;
  }
}

/** Characters for which a control has room; a longer default is told beside it. */
const ROOM = 24;

/** Keeps what is typed while it makes no sense yet; what makes sense is taken at once. */
function TypedControl({ id, field, value, change }: Props) {
  const known = valueText(value ?? field.default);
  const [text, setText] = useState(known);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    // A preset, Reset or a remedy changed it from outside.
    setText((typed) => {
      const reading = readField(field, typed);
      return reading.ok && sameValue(reading.value ?? field.default, value ?? field.default)
        ? typed
        : valueText(value ?? field.default);
    });
    setProblem(undefined);
  }, [field, value]);
  return (
    <TextInput
      id={id}
      size="xs"
      aria-describedby={`${id}-help`}
      inputMode={field.control === 'number' && field.words.length === 0 ? 'decimal' : undefined}
      placeholder={field.defaultText.length + (field.unit?.length ?? 0) > ROOM ? 'automatic' : field.defaultText}
      value={text}
      error={problem}
      rightSection={field.unit === undefined ? undefined : <span className={styles.unit}>{field.unit}</span>}
      rightSectionWidth="auto"
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        const reading = readField(field, typed);
        setProblem(reading.ok ? undefined : reading.problem);
        if (reading.ok) change(reading.value);
      }}
      onBlur={() => {
        if (problem === undefined) return;
        setText(known);
        setProblem(undefined);
      }}
    />
  );
}
