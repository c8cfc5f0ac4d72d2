/** How much is held out to measure quality on; the same seed holds out the same rows. */
import { Button, NumberInput, Slider } from '@mantine/core';
import { useState } from 'react';
import type { DatasetDetail } from '../../../app/contract/datasets.ts';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { counted, percent } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { attempt, tell } from '../../ui/notify.tsx';
import styles from './datasets.module.css';

const MOST = 50;

export function SplitCard({ dataset }: { readonly dataset: DatasetDetail }) {
  const { split, rows } = dataset;
  const [share, setShare] = useState(Math.round(split.heldOut * 100));
  const [seed, setSeed] = useState(split.seed);
  const save = async (next: { heldOut: number; seed: number }) => {
    await engine.datasets.setSplit({ id: dataset.id, ...next });
    await forget('datasets');
    return true;
  };
  const apply = async () => {
    const done = await attempt(() => save({ heldOut: share / 100, seed }));
    if (done) tell({ tone: 'good', title: `${share}% is held out`, undo: () => save(split) });
  };
  const held = rows === undefined ? undefined : Math.round((rows * share) / 100);
  return (
    <Card title="Split" sub="rows kept away from training, to measure on">
      <div className={styles.form}>
        <div>
          <p className={styles.label} id="held-out">
            Held out: {percent(share / 100)}
          </p>
          <Slider
            thumbProps={{ 'aria-labelledby': 'held-out' }}
            min={0}
            max={MOST}
            step={1}
            value={share}
            onChange={setShare}
            label={null}
          />
          {held !== undefined && rows !== undefined && (
            <p className="t3 f12">
              {counted(rows - held, 'row')} to learn from, {counted(held, 'row')} to measure on
            </p>
          )}
        </div>
        <NumberInput
          label="Seed"
          description="The same seed holds out the same rows"
          min={0}
          allowDecimal={false}
          value={seed}
          onChange={(value) => setSeed(Number(value) || 0)}
        />
        <Button
          disabled={share === Math.round(split.heldOut * 100) && seed === split.seed}
          onClick={() => void apply()}
        >
          Split this way
        </Button>
      </div>
    </Card>
  );
}
