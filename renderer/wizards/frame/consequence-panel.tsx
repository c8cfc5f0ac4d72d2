/** On every step of every wizard: what this will take here, live; amber or red with the reason and the way out. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Estimate } from '../../../app/contract/techniques.ts';
import { bytesParts } from '../../format/bytes.ts';
import { compactCount, counted, percent, shortNumber } from '../../format/number.ts';
import { duration } from '../../format/time.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Note } from '../../ui/note.tsx';
import type { Options } from '../form/values.ts';
import styles from './consequence.module.css';
import { consequenceOf } from './consequence.ts';
import { MemoryMeter } from './memory-meter.tsx';
import type { WizardForm } from './plan.ts';
import type { useEstimate } from './use-estimate.ts';

interface Props {
  readonly form: WizardForm;
  readonly query: ReturnType<typeof useEstimate>;
  readonly remedy: (options: Options) => void;
}

export function ConsequencePanel({ form, query, remedy }: Props) {
  const state =
    query.data === undefined ? '' : query.isFetching || query.isPlaceholderData ? 'updating' : 'estimated just now';
  return (
    <div className={styles.place}>
      <Card title="On this machine" sub={<span className={styles.state}>{state}</span>} label="On this machine">
        <div aria-live="polite" aria-busy={query.isFetching}>
          {form.model === undefined ? (
            <p className="t2">
              Choose a model to see how long it takes, what memory it needs and how large the result is.
            </p>
          ) : query.data !== undefined ? (
            <Rows estimate={query.data} form={form} remedy={remedy} />
          ) : query.isError ? (
            <ErrorNote error={query.error} retry={() => void query.refetch()} />
          ) : (
            <p className="t3">Estimating</p>
          )}
        </div>
      </Card>
    </div>
  );
}

function Rows({
  estimate,
  form,
  remedy,
}: {
  readonly estimate: Estimate;
  readonly form: WizardForm;
  readonly remedy: Props['remedy'];
}) {
  const { seconds, steps, resultBytes, resultFormat, rows, usableRows, supervisedShare, decodeTokensPerSecond } =
    estimate;
  const spread = Math.max(seconds.high - seconds.mid, seconds.mid - seconds.low);
  const { notices, level } = consequenceOf(estimate);
  return (
    <>
      <Row
        name="Time"
        value={duration(seconds.mid)}
        note={spread < 0.5 ? 'about' : `± ${duration(Math.round(spread))}`}
      />
      <Row name="Memory" value={parts(estimate.memoryBytes)} note={`of ${parts(estimate.memoryAvailableBytes)} free`}>
        <MemoryMeter needed={estimate.memoryBytes} available={estimate.memoryAvailableBytes} level={level} />
      </Row>
      <Row name="Disk" value={parts(estimate.diskBytes)} note={`of ${parts(estimate.diskFreeBytes)} free`} />
      {resultBytes !== undefined && <Row name="Result" value={parts(resultBytes)} note={resultFormat} />}
      {decodeTokensPerSecond !== undefined && (
        <Row
          name="Speed"
          value={`${shortNumber(decodeTokensPerSecond.result)} tokens/s`}
          note={`${shortNumber(decodeTokensPerSecond.now)} now`}
        />
      )}
      {steps !== undefined && <Row name="Steps" value={compactCount(steps)} note="optimiser" />}
      {form.dataset !== undefined && rows !== undefined && usableRows !== undefined && (
        <div className={styles.section}>
          <h3 className="cut">Your data, {form.dataset.name}</h3>
          <Fact good={usableRows === rows} text={`${compactCount(usableRows)} of ${counted(rows, 'row')} usable`} />
          {supervisedShare !== undefined && (
            <Fact good={supervisedShare >= 0.05} text={`${percent(supervisedShare)} of tokens teach`} />
          )}
        </div>
      )}
      {notices.map((notice) => (
        <div key={notice.title} className={styles.notice}>
          <Note tone={notice.level} title={notice.title}>
            <p>{notice.reason}</p>
            {notice.remedies.slice(0, 2).map(({ label, options, cost }) => (
              <div className="row" key={label}>
                <Button size="xs" className={styles[notice.level]} onClick={() => remedy(options)}>
                  {label}
                </Button>
                {cost !== undefined && <span>needs {cost}</span>}
              </div>
            ))}
          </Note>
        </div>
      ))}
      <p className={styles.basis}>
        <Icon name="info" size={14} />
        <span>{estimate.basis}</span>
      </p>
    </>
  );
}

const parts = (value: number): string => {
  const { value: figure, unit } = bytesParts(value);
  return `${figure} ${unit}`;
};

interface RowProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly children?: ReactNode;
}

const Row = ({ name, value, note, children }: RowProps) => (
  <div className={styles.row}>
    <div className={styles.figures}>
      <span className={styles.name}>{name}</span>
      <span className={styles.value}>{value}</span>
      <span className={styles.note}>{note}</span>
    </div>
    {children}
  </div>
);

const Fact = ({ good, text }: { readonly good: boolean; readonly text: string }) => (
  <div className={styles.fact}>
    <span className={good ? 'good' : 'warn'}>
      <Icon name={good ? 'check' : 'warn'} size={14} />
    </span>
    {text}
  </div>
);
