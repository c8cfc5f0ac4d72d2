/** What the library's table shows of each version. */
import type { ModelSummary } from '../../../app/contract/models.ts';
import { bytesIn, exactBytes } from '../../format/bytes.ts';
import { exactNumber } from '../../format/number.ts';
import { Icon } from '../../ui/icon.tsx';
import { Ago, Measure, Missing } from '../../ui/quantity.tsx';
import type { Column } from '../../ui/table/columns.ts';
import { techniqueIcon, techniqueName } from '../../ui/technique.ts';

const measured = (value: number | undefined) =>
  value === undefined ? <Missing why="Not measured yet: profile it" /> : <Measure value={value} />;

export const MODEL_COLUMNS: readonly Column<ModelSummary>[] = [
  {
    key: 'name',
    head: 'Model',
    width: 'minmax(150px, 2fr)',
    sortable: true,
    fixed: true,
    cell: (model) => (
      <span className="row">
        {model.problem === undefined ? <Icon name="models" /> : <Icon name="warn" title={model.problem.message} />}
        <b className="cut" title={model.name}>
          {model.name}
        </b>
      </span>
    ),
  },
  {
    key: 'technique',
    head: 'Made by',
    width: '96px',
    cell: ({ technique }) => (
      <span className="row t2">
        <Icon name={techniqueIcon(technique)} size={14} />
        {techniqueName(technique)}
      </span>
    ),
  },
  {
    key: 'parameters',
    head: 'Parameters, M',
    width: '88px',
    number: true,
    sortable: true,
    help: 'Weights the model has, in millions',
    cell: ({ parameters }) => <span title={exactNumber(parameters)}>{(parameters / 1e6).toFixed(1)}</span>,
  },
  {
    key: 'architecture',
    head: 'Architecture',
    width: '88px',
    sortable: true,
    cell: ({ architecture }) => architecture,
  },
  {
    key: 'format',
    head: 'Format',
    width: '64px',
    help: 'How the weights are stored',
    cell: ({ format }) => <span className="t2">{format}</span>,
  },
  {
    key: 'bitsPerWeight',
    head: 'Bits per weight',
    width: '100px',
    number: true,
    extra: true,
    cell: ({ bitsPerWeight }) => <Measure value={bitsPerWeight} />,
  },
  {
    key: 'contextLength',
    head: 'Context, tokens',
    width: '104px',
    number: true,
    extra: true,
    cell: ({ contextLength }) => exactNumber(contextLength),
  },
  {
    key: 'sizeBytes',
    head: 'Size, MB',
    width: '72px',
    number: true,
    sortable: true,
    cell: ({ sizeBytes }) => <span title={exactBytes(sizeBytes)}>{bytesIn(sizeBytes, 'MB')}</span>,
  },
  {
    key: 'perplexity',
    head: 'Perplexity',
    width: '76px',
    number: true,
    sortable: true,
    help: 'How surprised the model is by a text; lower is better',
    cell: (model) => measured(model.measured?.perplexity),
  },
  {
    key: 'decodeTokensPerSecond',
    head: 'Decode, tokens/s',
    width: '104px',
    number: true,
    sortable: true,
    help: 'Tokens it writes in a second on this machine',
    cell: (model) => measured(model.measured?.decodeTokensPerSecond),
  },
  {
    key: 'peakMemory',
    head: 'Memory, MB',
    width: '88px',
    number: true,
    extra: true,
    cell: (model) =>
      model.measured?.peakMemoryBytes === undefined ? <Missing /> : bytesIn(model.measured.peakMemoryBytes, 'MB'),
  },
  {
    key: 'addedAt',
    head: 'Added',
    width: '80px',
    number: true,
    sortable: true,
    cell: ({ addedAt }) => (
      <span className="t2">
        <Ago time={addedAt} />
      </span>
    ),
  },
];
