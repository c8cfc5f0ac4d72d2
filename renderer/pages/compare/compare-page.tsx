/** Compare: all versions of one model, quality against size, speed or memory. */
import { SegmentedControl, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import type { Version } from '../../../app/contract/compare.ts';
import { go } from '../../app/hash-location.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { engine } from '../../client/client.ts';
import { counted } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Note } from '../../ui/note.tsx';
import { Page } from '../../ui/page.tsx';
import styles from './compare.module.css';
import { ParetoChart } from './pareto-chart.tsx';
import { type Against, AXES, comparison, qualityOf } from './points.ts';
import { VersionCard } from './version-card.tsx';
import { VersionsTable } from './versions-table.tsx';

interface ChosenProps {
  readonly versions: readonly Version[];
  readonly family: string;
  readonly against: Against;
}

function Chosen({ versions, family, against }: ChosenProps) {
  const [picked, setPicked] = useState<string>();
  const axis = AXES.find(({ key }) => key === against) ?? AXES[0];
  const quality = qualityOf(versions);
  const compared = comparison(versions, axis, quality);
  const names = new Map(versions.map(({ model }) => [model.id, model.name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  const base = versions.find(({ model }) => model.id === family);
  const selected =
    versions.find(({ model }) => model.id === picked) ??
    versions.find(({ model }) => model.id === (compared.balance ?? compared.front.at(0))?.id) ??
    versions[0];
  const open = (id: string) => go(`/models/${id}`);
  return (
    <>
      {compared.mixed && (
        <Note tone="warn" title="Not all versions were measured on the same text">
          Their {quality.title.toLowerCase()} cannot be compared point by point: profile them on one text.
        </Note>
      )}
      <div className={styles.top}>
        <ChartCard
          title={`Quality against ${axis.title.toLowerCase()}`}
          sub={compared.missing > 0 && `${compared.missing} not measured`}
          name={`${family} ${against}`}
          columns={['version', axis.key, quality.key, 'standing']}
          rows={compared.points.map(({ id, x, y }) => ({
            version: nameOf(id),
            [axis.key]: x,
            [quality.key]: y,
            standing: compared.front.some((point) => point.id === id) ? axis.best : axis.worse,
          }))}
          actions={
            <div className={styles.legend}>
              <span className={styles.keyBest} /> {axis.best}
              <span className={styles.keyOff} /> {axis.worse}
              <span className={styles.keyBase} /> base
            </div>
          }
        >
          {compared.points.length === 0 ? (
            <EmptyState
              icon="gauge"
              title="Nothing is measured yet"
              example={`A profile measures ${quality.title.toLowerCase()}, speed and memory of each version.`}
              action={
                <a className="link" href="#/profile">
                  Profile a version
                </a>
              }
            />
          ) : (
            <ParetoChart
              comparison={compared}
              axis={axis}
              quality={quality}
              nameOf={nameOf}
              base={base?.model.id}
              selected={selected?.model.id}
              onSelect={setPicked}
              onOpen={open}
            />
          )}
        </ChartCard>
        {selected !== undefined && (
          <VersionCard
            version={selected}
            base={base}
            comparison={compared}
            axis={axis}
            quality={quality}
            nameOf={nameOf}
          />
        )}
      </div>
      <VersionsTable
        versions={versions}
        base={base}
        comparison={compared}
        axis={axis}
        quality={quality}
        selected={selected?.model.id}
        onSelect={setPicked}
        onOpen={open}
      />
    </>
  );
}

export default function ComparePage() {
  const { family } = useParams<{ family?: string }>();
  const [against, setAgainst] = useState<Against>('size');
  const query = useQuery({
    queryKey: ['compare', family],
    queryFn: () => engine.compare.versions({ family }),
    placeholderData: keepPreviousData,
  });
  const told = query.data;
  const shown = told?.family;
  return (
    <Page
      title="Compare"
      fill
      sub={told !== undefined && told.versions.length > 0 && counted(told.versions.length, 'version')}
      actions={
        <>
          <Select
            aria-label="Model"
            w={248}
            searchable
            allowDeselect={false}
            disabled={told === undefined || told.families.length === 0}
            value={shown ?? null}
            data={told?.families.map(({ id, name, versions }) => ({ value: id, label: `${name} (${versions})` })) ?? []}
            onChange={(id) => id !== null && go(`/compare/${id}`, { replace: true })}
          />
          <span className="t2">Quality against</span>
          <SegmentedControl
            aria-label="Quality against"
            value={against}
            data={AXES.map(({ key, title }) => ({ value: key, label: title }))}
            onChange={(value) => setAgainst(AXES.find(({ key }) => key === value)?.key ?? 'size')}
          />
        </>
      }
    >
      <Asked query={query}>
        {({ versions, family: id }) =>
          versions.length === 0 || id === undefined ? (
            <Card flush className={styles.fill}>
              <EmptyState
                icon="compare"
                title="Versions of a model stand here beside each other"
                example="Quantize or fine-tune a model, and see at a glance which version gives the best quality for its size."
                action={
                  <a className="link" href="#/">
                    Run the starter demo
                  </a>
                }
              />
            </Card>
          ) : (
            <Chosen key={id} versions={versions} family={id} against={against} />
          )
        }
      </Asked>
    </Page>
  );
}
