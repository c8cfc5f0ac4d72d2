/** How much there is of each class, label or tag, where the numbers lie, or what is learnt from pairs. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { LabelFacts } from '../../../../app/contract/datasets.ts';
import { compactCount, counted, percent, shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import type { Kind } from '../tasks.ts';
import styles from './labels.module.css';

/** Classes shown before "Show all" is asked for. */
const FEW = 12;
/** One class is so many times as frequent as another: the plain share of right answers says little then. */
const LOPSIDED = 10;

export function Balance({ facts, kind }: { readonly facts: LabelFacts; readonly kind: Kind }) {
  if (facts.numbers !== undefined) return <Spread facts={facts} numbers={facts.numbers} />;
  if (facts.pairs !== undefined) return <Pairs facts={facts} pairs={facts.pairs} />;
  return facts.classes.length === 0 ? null : <Classes facts={facts} kind={kind} />;
}

const WHAT = {
  labels: { title: 'Labels', one: 'label', several: 'labels', counted: 'rows' },
  tags: { title: 'Tags', one: 'tag', several: 'tags', counted: 'words' },
  classes: { title: 'Classes', one: 'class', several: 'classes', counted: 'rows' },
};

function Classes({
  facts: { classes, classCount, usableRows, problem },
  kind,
}: {
  readonly facts: LabelFacts;
  readonly kind: Kind;
}) {
  const [all, setAll] = useState(false);
  const what = kind === 'labels' || kind === 'tags' ? WHAT[kind] : WHAT.classes;
  const total = kind === 'tags' ? classes.reduce((sum, { count }) => sum + count, 0) : usableRows;
  const shown = all ? classes : classes.slice(0, FEW);
  const [{ count: most }] = classes;
  const least = classes.at(-1)!;
  return (
    <Card
      title={what.title}
      sub={`${counted(classCount, what.one, what.several)} in ${counted(usableRows, 'row')}`}
      label="Class balance"
    >
      <div className={styles.bars}>
        {shown.map(({ label, count }) => (
          <Bar key={label} label={label} count={count} most={most} total={total} />
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

/** Where the numbers lie. */
function Spread({
  facts: { usableRows },
  numbers,
}: {
  readonly facts: LabelFacts;
  readonly numbers: NonNullable<LabelFacts['numbers']>;
}) {
  const { least, most, mean, counts } = numbers;
  const highest = Math.max(...counts);
  const width = (most - least) / counts.length;
  return (
    <Card
      title="Numbers"
      sub={`${counted(usableRows, 'row')}, from ${shortNumber(least)} to ${shortNumber(most)}, ${shortNumber(mean)} in the mean`}
      label="Spread of the numbers"
    >
      <div className={styles.spread}>
        {counts.map((count, part) => {
          const from = least + part * width;
          return (
            <div
              key={from}
              className={styles.column}
              style={{ height: `${(100 * count) / highest}%` }}
              title={`${shortNumber(from)} to ${shortNumber(from + width)}: ${counted(count, 'row')}`}
            />
          );
        })}
      </div>
      <div className={`${styles.ends} t3`}>
        <span>{shortNumber(least)}</span>
        <span>{shortNumber(most)}</span>
      </div>
    </Card>
  );
}

const Pairs = ({
  facts: { usableRows },
  pairs,
}: {
  readonly facts: LabelFacts;
  readonly pairs: NonNullable<LabelFacts['pairs']>;
}) => (
  <Card title="Pairs" sub={counted(usableRows, 'pair')} label="Pairs">
    <p>
      {pairs.scored
        ? 'A pair with a higher score is to be nearer than one with a lower: measured by how well their order is met.'
        : `Each first text is to be nearer to its second one than to those of other rows${pairs.negatives > 0 ? `, and than ${counted(pairs.negatives, 'third text')}` : ''}: measured by how often the nearest is the right one.`}
    </p>
  </Card>
);
