/** How small: the presets by goal, a size of one's own beside them, and everything else under Advanced. */
import { Slider, Switch } from '@mantine/core';
import { useState } from 'react';
import { bytes } from '../../../format/bytes.ts';
import { Card } from '../../../ui/card.tsx';
import { SettingsScreen } from '../../frame/steps/settings.tsx';
import { useEstimate } from '../../frame/use-estimate.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { sizeOfBits } from '../plan.ts';
import styles from './goal.module.css';

/** What half precision takes tells how many weights there are. */
const HALF = { method: 'float16' };

export function GoalScreen(props: StepProps) {
  const { form, change, wizard } = props;
  const half = useEstimate(wizard.technique, form, HALF).data?.resultBytes;
  const now = useEstimate(wizard.technique, form, form.options).data?.resultBytes;
  const { targetSize, ...others } = form.options;
  const choose = (size: string | undefined) => {
    const { layerBits: _, ...rest } = others;
    // Half precision and dynamic int8 have one size each.
    const free = ['float16', 'dynamic'].includes(String(rest.method)) ? { ...rest, method: 'gptq' } : rest;
    change({ options: size === undefined ? others : { ...free, targetSize: size } });
  };
  return (
    <>
      <SettingsScreen {...props} />
      {half !== undefined && (
        <Budget
          parameters={half / 2}
          sizeBytes={now}
          size={typeof targetSize === 'string' ? targetSize : undefined}
          choose={choose}
        />
      )}
    </>
  );
}

interface BudgetProps {
  readonly parameters: number;
  readonly size: string | undefined;
  /** What the engine makes of `size`. */
  readonly sizeBytes: number | undefined;
  readonly choose: (size: string | undefined) => void;
}

/** Where the slider stands before it is moved. */
const SUGGESTED = 5;

/** A slider over bits a weight that shows the size in bytes. */
function Budget({ parameters, size, sizeBytes, choose }: BudgetProps) {
  const [moved, setMoved] = useState<{ readonly bits: number; readonly size: string }>();
  const known = size === undefined || sizeBytes === undefined ? SUGGESTED : (8 * sizeBytes) / parameters;
  const bits = moved?.size === size && moved !== undefined ? moved.bits : known;
  const move = (to: number) => {
    const next = sizeOfBits(to, parameters);
    setMoved({ bits: to, size: next });
    choose(next);
  };
  const on = size !== undefined;
  return (
    <Card
      title="Fit a size"
      label="Fit a size"
      sub="every layer gets the bits that lose least under this size"
      actions={
        <Switch
          size="sm"
          aria-label="Fit a size"
          checked={on}
          onChange={(event) => (event.currentTarget.checked ? move(bits) : choose(undefined))}
        />
      }
    >
      <div className={styles.budget}>
        <Slider
          disabled={!on}
          thumbLabel="Size of the result"
          min={2.5}
          max={9}
          step={0.05}
          value={bits}
          label={(value) => bytes((value * parameters) / 8)}
          marks={[3, 4, 5, 6, 7, 8].map((value) => ({ value, label: bytes((value * parameters) / 8) }))}
          onChange={move}
        />
        <p className={on ? undefined : 't3'}>
          {on ? size : 'Off'}
          <span className="t2">
            {on ? `, ${bits.toFixed(2)} bits a weight with everything that belongs to the model` : ''}
          </span>
        </p>
      </div>
    </Card>
  );
}
