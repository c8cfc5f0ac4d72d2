/** Layer by layer: what is lost in the bits that it has, over what would be lost otherwise, and those bits. */
import type { ReactNode } from 'react';
import { shortNumber } from '../format/number.ts';
import styles from './layer-table.module.css';

export interface LayerTableRow {
  readonly name: string;
  /** Nats a token, where it was measured. */
  readonly loss?: number;
  /** With the bits it is compared with: the grey bar behind. */
  readonly before?: number;
  readonly size: string;
  /** Whether its bits are its own. */
  readonly changed?: boolean;
  readonly bits: ReactNode;
}

interface Props {
  readonly label: string;
  /** What `size` is of a row. */
  readonly size: string;
  readonly rows: readonly LayerTableRow[];
}

export function LayerTable({ label, size, rows }: Props) {
  const most = Math.max(1e-12, ...rows.flatMap(({ loss = 0, before = 0 }) => [loss, before]));
  const measured = rows.some(({ loss }) => loss !== undefined);
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Layer</th>
          {measured && (
            <>
              <th scope="col">Divergence, nats a token</th>
              <th scope="col" className={styles.number}>
                Loss
              </th>
            </>
          )}
          <th scope="col" className={styles.number}>
            {size}
          </th>
          <th scope="col">Bits</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, loss = 0, before = 0, size: ofRow, changed, bits }) => (
          <tr key={name} className={changed ? styles.changed : undefined}>
            <th scope="row">{name}</th>
            {measured && (
              <>
                <td className={styles.plot}>
                  <div className={styles.track}>
                    <div className={styles.before} style={{ width: `${(100 * before) / most}%` }} />
                    <div className={styles.bar} style={{ width: `${(100 * loss) / most}%` }} />
                  </div>
                </td>
                <td className={styles.number}>{shortNumber(loss)}</td>
              </>
            )}
            <td className={styles.number}>{ofRow}</td>
            <td>{bits}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
