/** The selected version against the base: every figure, what changed, and the next step up. */
import { Button } from '@mantine/core';
import type { Version } from '../../../app/contract/compare.ts';
import { go } from '../../app/hash-location.ts';
import { nextUp } from '../../charts/pareto.ts';
import { shortNumber } from '../../format/number.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { MeasureTable } from '../../ui/measures/measure-table.tsx';
import { techniqueName } from '../../ui/technique.ts';
import styles from './compare.module.css';
import type { Comparison, CostAxis, QualityAxis } from './points.ts';

interface Props {
  readonly version: Version;
  readonly base?: Version;
  readonly comparison: Comparison;
  readonly axis: CostAxis;
  readonly quality: QualityAxis;
  readonly nameOf: (id: string) => string;
}

function Advice({ version, comparison, axis, quality, nameOf }: Omit<Props, 'base'>) {
  const point = comparison.points.find(({ id }) => id === version.model.id);
  if (point === undefined)
    return (
      <p>
        Not in the chart: {quality.title.toLowerCase()} or {axis.title.toLowerCase()} is not measured.{' '}
        <a className="link" href={`#/profile?model=${version.model.id}`}>
          Profile it
        </a>
      </p>
    );
  if (!comparison.front.some(({ id }) => id === point.id)) return <p>Here {axis.worse}; it may win on another axis.</p>;
  const up = nextUp(point.id, comparison.front);
  if (up === undefined) return <p>Nothing in this family has better quality.</p>;
  return (
    <p>
      It is {axis.best}. Next step up: <b>{nameOf(up.id)}</b>, {shortNumber(Math.abs(up.x - point.x))} {axis.unit}{' '}
      {axis.better === 'lower' ? 'more' : 'fewer'}, {quality.title.toLowerCase()} {shortNumber(up.y)}.
    </p>
  );
}

export function VersionCard(props: Props) {
  const { version, base, comparison } = props;
  const { model } = version;
  const isBase = base?.model.id === model.id;
  const withSize = (one: Version) => ({
    name: one.model.name,
    measured: { ...one.measured, sizeBytes: one.model.sizeBytes },
  });
  return (
    <Card
      className={styles.version}
      title={<span className="cut">{model.name}</span>}
      actions={
        comparison.balance?.id === model.id ? (
          <Badge tone="accent" icon="flag" title="Nearest to the corner where both are best">
            Best balance
          </Badge>
        ) : isBase ? (
          <Badge>Base</Badge>
        ) : undefined
      }
    >
      <div className={styles.stack}>
        <p className="t2 f12">
          {techniqueName(model.technique)}, {model.format}, {model.bitsPerWeight.toFixed(1)} bits per weight
        </p>
        <MeasureTable
          versions={base === undefined || isBase ? [withSize(version)] : [withSize(base), withSize(version)]}
          short
        />
        <div className="t2">
          <Advice {...props} />
        </div>
        <div className={styles.actions}>
          <Button variant="filled" className={styles.open} onClick={() => go(`/models/${model.id}`)}>
            Open
          </Button>
          <Button leftSection={<Icon name="chat" />} onClick={() => go(`/playground?left=${model.id}`)}>
            Try it
          </Button>
          <Button leftSection={<Icon name="export" />} onClick={() => go(`/export?model=${model.id}`)}>
            Export
          </Button>
        </div>
      </div>
    </Card>
  );
}
