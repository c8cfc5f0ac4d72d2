/** One or two versions' figures; with two, what changed. */
import type { Measurements } from '../../../app/contract/measurements.ts';
import { Missing } from '../quantity.tsx';
import styles from './measure-table.module.css';
import { changeOf, exactly, MEASURES, type Measure, measureIn, written } from './measures.ts';

interface Props {
  /** Heads say base and this, not the whole names. */
  readonly short?: boolean;
  readonly versions: readonly { readonly name: string; readonly measured?: Measurements }[];
}

function Value({ measure, value }: { readonly measure: Measure; readonly value?: number }) {
  if (value === undefined) return <Missing why="Not measured" />;
  return <span title={exactly(measure, value)}>{written(measure, value)}</span>;
}

function Change({ measure, from, to }: { readonly measure: Measure; readonly from?: number; readonly to?: number }) {
  if (from === undefined || to === undefined || from === 0) return null;
  const { text, tone } = changeOf(measure, from, to);
  // "3.1× lower" says which way already.
  const word = tone === 'same' || / /.test(text) ? '' : tone === 'good' ? 'better' : 'worse';
  return <span className={tone === 'same' ? 't3' : tone}>{`${text} ${word}`.trim()}</span>;
}

export function MeasureTable({ versions, short }: Props) {
  const shown = MEASURES.filter((measure) =>
    versions.some(({ measured }) => measureIn(measured, measure) !== undefined),
  );
  const pair = versions.length === 2;
  return (
    <table className={styles.measures}>
      <thead>
        <tr>
          <th scope="col">Measure</th>
          {versions.map(({ name }, index) => (
            <th key={name} scope="col" className={pair && index === 0 ? 't3' : undefined}>
              {short && pair ? (index === 0 ? 'base' : 'this') : name}
            </th>
          ))}
          {pair && <th scope="col">Change</th>}
        </tr>
      </thead>
      <tbody>
        {shown.map((measure) => (
          <tr key={measure.key}>
            <th scope="row" title={`${measure.help}; ${measure.better} is better`}>
              {measure.name}
              {measure.unit !== '' && <span className="t3">, {measure.unit}</span>}
            </th>
            {versions.map(({ name, measured }, index) => (
              <td key={name} className={pair && index === 0 ? 't2' : styles.strong}>
                <Value measure={measure} value={measureIn(measured, measure)} />
              </td>
            ))}
            {pair && (
              <td>
                <Change
                  measure={measure}
                  from={measureIn(versions[0].measured, measure)}
                  to={measureIn(versions[1].measured, measure)}
                />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
