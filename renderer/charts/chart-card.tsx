/** A chart in a card whose picture can be saved as PNG and whose data can be copied as CSV. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { type ReactNode, useRef } from 'react';
import { Card } from '../ui/card.tsx';
import { Icon } from '../ui/icon.tsx';
import { attempt, tell } from '../ui/notify.tsx';
import styles from './chart-card.module.css';
import { csvOf } from './csv.ts';
import { savePng } from './save-png.ts';

type Row = object;

interface Props {
  readonly title: string;
  readonly sub?: ReactNode;
  /** Of the saved file. */
  readonly name: string;
  /** What Copy CSV gives: these columns of these rows. */
  readonly rows: readonly Row[];
  readonly columns: readonly string[];
  /** Where more than one series needs naming and there is no room beside the lines. */
  readonly legend?: readonly { readonly label: string; readonly color: string }[];
  /** The last value, for charts too small to label their line. */
  readonly value?: ReactNode;
  readonly small?: boolean;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function ChartCard({ title, sub, name, rows, columns, legend, value, small, actions, children }: Props) {
  const body = useRef<HTMLDivElement>(null);
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(csvOf(rows, columns));
      tell({ tone: 'good', title: `${title} copied as CSV` });
    });
  return (
    <Card
      title={small ? <span className={styles.title}>{title}</span> : title}
      sub={sub}
      label={title}
      className={small ? styles.small : undefined}
      actions={
        <>
          {legend?.map(({ label, color }) => (
            <span key={label} className={styles.series}>
              <span className={styles.mark} style={{ background: color }} />
              {label}
            </span>
          ))}
          {value !== undefined && <b className={styles.value}>{value}</b>}
          {actions}
          <span className={styles.buttons}>
            <Tooltip label="Save PNG">
              <ActionIcon
                size={small ? 22 : 28}
                aria-label={`Save ${title} as PNG`}
                onClick={() => void attempt(() => savePng(body.current, `${name}.png`))}
              >
                <Icon name="save" size={small ? 14 : 16} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Copy CSV">
              <ActionIcon size={small ? 22 : 28} aria-label={`Copy ${title} as CSV`} onClick={() => void copy()}>
                <Icon name="copy" size={small ? 14 : 16} />
              </ActionIcon>
            </Tooltip>
          </span>
        </>
      }
    >
      <div ref={body}>{children}</div>
    </Card>
  );
}
