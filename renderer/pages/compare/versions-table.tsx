/** All versions with their figures and what each is worth. */
import { useState } from 'react';
import type { Version } from '../../../app/contract/compare.ts';
import { bytesIn, exactBytes } from '../../format/bytes.ts';
import { changeWords, exactNumber, shortNumber, times } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { Missing } from '../../ui/quantity.tsx';
import type { Column, Order } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { heldRows } from '../../ui/table/paged.ts';
import styles from './compare.module.css';
import type { Comparison, CostAxis, QualityAxis } from './points.ts';

interface Props {
  readonly versions: readonly Version[];
  readonly base?: Version;
  readonly comparison: Comparison;
  readonly axis: CostAxis;
  readonly quality: QualityAxis;
  readonly selected?: string;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
}

const decode = ({ measured }: Version) => measured?.decodeTokensPerSecond;
const figure = (value: number | undefined) =>
  value === undefined ? <Missing /> : <span title={exactNumber(value)}>{shortNumber(value)}</span>;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A loss below this is small, one above it is large. */
const SMALL = 0.03;
const LARGE = 0.1;

function Change({
  version,
  base,
  quality,
}: {
  readonly version: Version;
  readonly base?: Version;
  readonly quality: QualityAxis;
}) {
  const [from, to] = [base === undefined ? undefined : quality.of(base), quality.of(version)];
  if (from === undefined || to === undefined || base?.model.id === version.model.id) return null;
  const change = to / from - 1;
  const loss = quality.better === 'lower' ? change : -change;
  return (
    <span className={loss > LARGE ? 'bad' : loss > SMALL ? 'warn' : loss < -0.005 ? 'good' : 't2'}>
      {changeWords(to / from)}
    </span>
  );
}

export function VersionsTable({ versions, base, comparison, axis, quality, selected, onSelect, onOpen }: Props) {
  const [order, setOrder] = useState<Order>({ key: 'size', descending: false });
  const front = new Set(comparison.front.map(({ id }) => id));
  const shown = new Set(comparison.points.map(({ id }) => id));
  const standing = ({ model }: Version): string =>
    !shown.has(model.id) ? 'Not measured' : front.has(model.id) ? capital(axis.best) : capital(axis.worse);
  const mark = ({ model }: Version): string =>
    model.id === base?.model.id ? styles.keyBase : front.has(model.id) ? styles.keyBest : styles.keyOff;
  const ratio = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? <Missing /> : <span className="t2">{times(to / from)}</span>;
  const columns: readonly (Column<Version> & { readonly of: (version: Version) => number | string | undefined })[] = [
    {
      key: 'version',
      head: 'Version',
      width: 'minmax(130px, 1.6fr)',
      sortable: true,
      of: ({ model }) => model.name,
      cell: (version) => (
        <span className="row">
          <span className={mark(version)} />
          <b className="cut">{version.model.name}</b>
        </span>
      ),
    },
    {
      key: 'standing',
      head: 'Standing',
      width: 'minmax(176px, 1.6fr)',
      of: standing,
      cell: (version) => (
        <span className="t2" title={standing(version)}>
          {standing(version)}
        </span>
      ),
    },
    {
      key: 'size',
      head: 'Size, MB',
      width: '72px',
      number: true,
      sortable: true,
      of: ({ model }) => model.sizeBytes,
      cell: ({ model }) => <span title={exactBytes(model.sizeBytes)}>{bytesIn(model.sizeBytes, 'MB')}</span>,
    },
    {
      key: 'smaller',
      head: 'Smaller by',
      width: '70px',
      number: true,
      of: ({ model }) => model.sizeBytes,
      cell: ({ model }) => ratio(model.sizeBytes, base?.model.sizeBytes),
    },
    {
      key: 'quality',
      head: quality.title,
      width: '72px',
      number: true,
      sortable: true,
      of: quality.of,
      cell: (version) => figure(quality.of(version)),
    },
    {
      key: 'change',
      head: 'Change',
      width: '72px',
      number: true,
      of: quality.of,
      cell: (version) => <Change version={version} base={base} quality={quality} />,
    },
    {
      key: 'memory',
      head: 'Memory, MB',
      width: '84px',
      number: true,
      sortable: true,
      of: ({ measured }) => measured?.peakMemoryBytes,
      cell: ({ measured }) =>
        measured?.peakMemoryBytes === undefined ? <Missing /> : bytesIn(measured.peakMemoryBytes, 'MB'),
    },
    {
      key: 'decode',
      head: 'Decode, tokens/s',
      width: '108px',
      number: true,
      sortable: true,
      of: decode,
      cell: (version) => figure(decode(version)),
    },
    {
      key: 'faster',
      head: 'Faster by',
      width: '60px',
      number: true,
      of: decode,
      cell: (version) => ratio(base === undefined ? undefined : decode(base), decode(version)),
    },
  ];
  const by = columns.find(({ key }) => key === order.key) ?? columns[0];
  const sign = order.descending ? -1 : 1;
  const sorted = [...versions].sort((a, b) => {
    const [left, right] = [by.of(a), by.of(b)];
    if (left === undefined || right === undefined) return (left === undefined ? 1 : 0) - (right === undefined ? 1 : 0);
    return sign * (typeof left === 'string' ? left.localeCompare(String(right)) : left - Number(right));
  });
  return (
    <Card flush className={styles.fill} label="Versions">
      <DataTable
        label="Versions"
        columns={columns}
        rows={heldRows(sorted)}
        order={order}
        onOrder={setOrder}
        rowHeight={32}
        selected={({ model }) => model.id === selected}
        onSelect={({ model }) => onSelect(model.id)}
        onOpen={({ model }) => onOpen(model.id)}
      />
    </Card>
  );
}
