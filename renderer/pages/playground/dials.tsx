/** System prompt and sampling settings. */
import { Button, NumberInput, Switch, Textarea } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { Card } from '../../ui/card.tsx';
import styles from './dials.module.css';
import { type AnswerForm, MOST_STOPS, schemaProblem } from './form.ts';
import { DEFAULT_SAMPLING, SAMPLING_FIELDS, type Sampling } from './sampling.ts';

interface Props {
  readonly system: string;
  readonly setSystem: (text: string) => void;
  readonly sampling: Sampling;
  readonly setSampling: (sampling: Sampling) => void;
  readonly form: AnswerForm;
  readonly setForm: (form: AnswerForm) => void;
  readonly seed: number | undefined;
  readonly setSeed: (seed: number | undefined) => void;
  /** Absent where no model that is asked has exits. */
  readonly careful?: { readonly value: number | undefined; readonly set: (threshold: number | undefined) => void };
}

export function Dials({ system, setSystem, sampling, setSampling, form, setForm, seed, setSeed, careful }: Props) {
  const changed = SAMPLING_FIELDS.some(({ key }) => sampling[key] !== DEFAULT_SAMPLING[key]);
  return (
    <Card
      title="Settings"
      label="Settings of the answers"
      className={styles.card}
      actions={
        changed && (
          <Button size="xs" variant="subtle" color="gray" onClick={() => setSampling(DEFAULT_SAMPLING)}>
            Reset
          </Button>
        )
      }
    >
      <div className={styles.dials}>
        <Textarea
          label="System prompt"
          description="Said to the model before anything else."
          placeholder="You are a friendly helper."
          autosize
          minRows={2}
          maxRows={6}
          value={system}
          onChange={(event) => setSystem(event.currentTarget.value)}
        />
        {SAMPLING_FIELDS.map(({ key, label, help, minimum, maximum, step }) => (
          <Dial key={key} label={label} help={help}>
            {(id) => (
              <NumberInput
                id={id}
                size="xs"
                min={minimum}
                max={maximum}
                step={step}
                clampBehavior="blur"
                value={sampling[key]}
                onChange={(value) => {
                  if (typeof value === 'number' && value >= minimum && value <= maximum)
                    setSampling({ ...sampling, [key]: value });
                }}
              />
            )}
          </Dial>
        ))}
        {careful && (
          <Dial
            label="From fast to careful"
            help={
              sampling.temperature === 0
                ? '0: the first exit, or the small model alone; 1: the whole, or the large one. Empty: what was proved.'
                : 'This model spends less where it is sure: at temperature 0.'
            }
          >
            {(id) => (
              <NumberInput
                id={id}
                size="xs"
                min={0}
                max={1}
                step={0.05}
                disabled={sampling.temperature > 0}
                placeholder="proved"
                value={careful.value ?? ''}
                onChange={(value) => careful.set(typeof value === 'number' ? value : undefined)}
              />
            )}
          </Dial>
        )}
        <Dial label="Seed" help="The same seed gives the same text. Empty: a fresh one each time.">
          {(id) => (
            <NumberInput
              id={id}
              size="xs"
              min={0}
              max={Number.MAX_SAFE_INTEGER}
              allowDecimal={false}
              placeholder="fresh"
              value={seed ?? ''}
              onChange={(value) => setSeed(typeof value === 'number' ? value : undefined)}
            />
          )}
        </Dial>
        <Textarea
          label="Stop strings"
          description={`The answer ends before the first of these. One a line, up to ${MOST_STOPS}.`}
          autosize
          minRows={1}
          maxRows={4}
          value={form.stops}
          onChange={(event) => setForm({ ...form, stops: event.currentTarget.value })}
        />
        <Textarea
          label="JSON schema"
          description="The answer is JSON that meets it. Empty: any text."
          placeholder='{ "type": "object", "properties": { "plant": { "type": "string" } } }'
          autosize
          minRows={1}
          maxRows={10}
          error={schemaProblem(form.schema)}
          value={form.schema}
          onChange={(event) => setForm({ ...form, schema: event.currentTarget.value })}
        />
        <Switch
          label="Show certainty"
          description="How likely the model thought each token, and what else could have come"
          checked={form.certainty}
          onChange={(event) => setForm({ ...form, certainty: event.currentTarget.checked })}
        />
      </div>
    </Card>
  );
}

interface DialProps {
  readonly label: string;
  readonly help: string;
  readonly children: (id: string) => ReactNode;
}

function Dial({ label, help, children }: DialProps) {
  const id = useId();
  return (
    <div className={styles.dial}>
      <div>
        <label htmlFor={id}>{label}</label>
        <p>{help}</p>
      </div>
      {children(id)}
    </div>
  );
}
