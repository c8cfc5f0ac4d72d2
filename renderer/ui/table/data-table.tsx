/** A table that draws only the rows in view: sortable heads, arrow keys, Enter opens. */
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Icon } from '../icon.tsx';
import type { Column, Order } from './columns.ts';
import styles from './data-table.module.css';
import type { PagedRows } from './paged.ts';
import { rowWindow, scrollFor } from './window.ts';

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: PagedRows<T>;
  readonly order?: Order;
  readonly onOrder?: (order: Order) => void;
  readonly rowHeight?: number;
  /** As tall as its rows up to this many; absent: fills what holds it. */
  readonly maxRows?: number;
  readonly selected?: (row: T) => boolean;
  readonly muted?: (row: T) => boolean;
  readonly onSelect?: (row: T) => void;
  readonly onOpen?: (row: T) => void;
}

const STEP: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 };

export function DataTable<T>(props: Props<T>) {
  const { label, columns, rows, order, onOrder, rowHeight = 36, maxRows, selected, muted, onSelect, onOpen } = props;
  const view = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: (maxRows ?? 20) * rowHeight });
  const [current, setCurrent] = useState(0);
  /** The row that takes the focus as soon as it is drawn. */
  const wanted = useRef<number>(undefined);
  const { total, show } = rows;
  const place = { scrollTop: scroll.top, viewHeight: scroll.height, total, rowHeight };
  const shown = rowWindow(place);

  useLayoutEffect(() => {
    const element = view.current;
    if (element === null) return;
    const measure = () => setScroll({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const row = view.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (wanted.current === undefined || !row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  });
  useEffect(() => show(shown.first, shown.count), [show, shown.first, shown.count]);

  const focusRow = (index: number) => {
    const element = view.current;
    if (element === null) return;
    element.scrollTop = scrollFor(index, place);
    setScroll({ top: element.scrollTop, height: element.clientHeight });
    setCurrent(index);
    wanted.current = index;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.index === undefined) return;
    const step = STEP[event.key];
    if (step !== undefined) focusRow(Math.min(total - 1, Math.max(0, current + step)));
    else if (event.key === 'Home') focusRow(0);
    else if (event.key === 'End') focusRow(total - 1);
    else if (event.key === 'Enter' || event.key === ' ') {
      const row = rows.at(current);
      if (row !== undefined) (event.key === 'Enter' ? (onOpen ?? onSelect) : (onSelect ?? onOpen))?.(row);
    } else return;
    event.preventDefault();
  };

  const tracks = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  const height = maxRows === undefined ? undefined : Math.min(total, maxRows) * rowHeight;
  return (
    <div
      className={maxRows === undefined ? `${styles.table} ${styles.fills}` : styles.table}
      role="table"
      aria-label={label}
      aria-rowcount={total + 1}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className={styles.headGroup}>
        <div role="row" className={styles.head} style={tracks} aria-rowindex={1}>
          {columns.map((column) => (
            <Head key={column.key} column={column} order={order} onOrder={onOrder} />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className={styles.view}
        ref={view}
        style={{ height }}
        onScroll={(event) => {
          const { scrollTop, clientHeight } = event.currentTarget;
          setScroll({ top: scrollTop, height: clientHeight });
        }}
      >
        <div role="presentation" className={styles.space} style={{ height: shown.height }}>
          {Array.from({ length: shown.count }, (_, offset) => {
            const index = shown.first + offset;
            const row = rows.at(index);
            const names = [styles.row];
            if (row !== undefined && selected?.(row)) names.push(styles.selected);
            if (row !== undefined && muted?.(row)) names.push(styles.muted);
            if (onSelect !== undefined || onOpen !== undefined) names.push(styles.active);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled once, by the table
              <div
                key={index}
                role="row"
                data-index={index}
                aria-rowindex={index + 2}
                aria-selected={row !== undefined && selected !== undefined ? selected(row) : undefined}
                tabIndex={index === Math.min(current, total - 1) ? 0 : -1}
                className={names.join(' ')}
                style={{ ...tracks, height: rowHeight, transform: `translateY(${shown.top + offset * rowHeight}px)` }}
                onFocus={() => setCurrent(index)}
                onClick={() => row !== undefined && (onSelect ?? onOpen)?.(row)}
                onDoubleClick={() => row !== undefined && onOpen?.(row)}
              >
                {columns.map((column) => (
                  <div
                    key={column.key}
                    role="cell"
                    className={column.number ? `${styles.cell} ${styles.number}` : styles.cell}
                  >
                    {row === undefined ? <span className={styles.coming} /> : column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadProps<T> {
  readonly column: Column<T>;
  readonly order?: Order;
  readonly onOrder?: (order: Order) => void;
}

function Head<T>({ column, order, onOrder }: HeadProps<T>) {
  const sorted = order?.key === column.key;
  const name = column.number ? `${styles.cell} ${styles.number}` : styles.cell;
  if (column.sortable !== true || onOrder === undefined)
    return (
      <div role="columnheader" className={name} title={column.help}>
        {column.head}
      </div>
    );
  const next = { key: column.key, descending: sorted ? !order.descending : column.number === true };
  return (
    <div
      role="columnheader"
      className={name}
      aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className={sorted ? `${styles.sort} ${styles.sorted}` : styles.sort}
        title={column.help}
        onClick={() => onOrder(next)}
      >
        {column.head}
        {sorted && <Icon name={order.descending ? 'down' : 'up'} size={12} />}
      </button>
    </div>
  );
}
