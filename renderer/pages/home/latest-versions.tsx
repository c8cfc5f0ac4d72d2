/** The versions made last, with what counts of each. */
import { useQuery } from '@tanstack/react-query';
import type { ModelSummary } from '../../../app/contract/models.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { Card } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Bytes, Measure, Missing } from '../../ui/quantity.tsx';
import type { Column } from '../../ui/table/columns.ts';
import { DataTable } from '../../ui/table/data-table.tsx';
import { heldRows } from '../../ui/table/paged.ts';
import { techniqueIcon, techniqueName } from '../../ui/technique.ts';

const figure = (value: number | undefined) =>
  value === undefined ? <Missing why="Not measured yet" /> : <Measure value={value} />;

const columns: readonly Column<ModelSummary>[] = [
  {
    key: 'technique',
    head: 'Made by',
    width: '116px',
    cell: ({ technique }) => (
      <span className="row">
        <Icon name={techniqueIcon(technique)} />
        {techniqueName(technique)}
      </span>
    ),
  },
  { key: 'name', head: 'Version', width: 'minmax(120px, 1fr)', cell: ({ name }) => <b title={name}>{name}</b> },
  { key: 'format', head: 'Format', width: '84px', cell: ({ format }) => <span className="t2">{format}</span> },
  { key: 'size', head: 'Size', width: '84px', number: true, cell: ({ sizeBytes }) => <Bytes value={sizeBytes} /> },
  {
    key: 'perplexity',
    head: 'Perplexity',
    width: '92px',
    number: true,
    cell: ({ measured }) => figure(measured?.perplexity),
  },
  {
    key: 'decode',
    head: 'Decode, tokens/s',
    width: '120px',
    number: true,
    cell: ({ measured }) => figure(measured?.decodeTokensPerSecond),
  },
];

export function LatestVersions({ rows }: { readonly rows: number }) {
  const { data } = useQuery({
    queryKey: ['models', 'latest', rows],
    queryFn: () => engine.models.list({ sort: 'addedAt', descending: true, limit: rows }),
  });
  if (data === undefined || data.total < 2) return null;
  return (
    <Card
      flush
      title="Latest versions"
      actions={
        <a className="link f12" href="#/models">
          All models
        </a>
      }
    >
      <DataTable
        label="Latest versions"
        columns={columns}
        rows={heldRows(data.items)}
        maxRows={rows}
        onOpen={({ id }) => go(`/models/${id}`)}
      />
    </Card>
  );
}
