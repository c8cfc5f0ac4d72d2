/** Quantize with bits that differ from layer to layer: which each got, and what that is expected to lose. */
import { ChartCard } from '../../../charts/chart-card.tsx';
import { LayerTable } from '../../../charts/layer-table.tsx';
import { bytes } from '../../../format/bytes.ts';
import { shortNumber } from '../../../format/number.ts';
import styles from './quantize-picture.module.css';
import { lossTotals, type QuantizedLayer } from './quantize-report.ts';

/** The widest that a layer can have. */
const WIDEST = 8;

export function QuantizePicture({ layers }: { readonly layers: readonly QuantizedLayer[] }) {
  const totals = lossTotals(layers);
  return (
    <ChartCard
      title="Bits by layer"
      sub={
        totals &&
        `all layers together are expected to lose ${shortNumber(totals.loss)} nats a token, ${shortNumber(totals.probe)} with 4 bits in all`
      }
      name="bits"
      rows={layers}
      columns={['name', 'bits', 'bytes', 'loss', 'probe']}
      legend={
        totals && [
          { label: 'in the bits it has', color: 'var(--accent)' },
          { label: 'in 4 bits', color: 'var(--bg-track)' },
        ]
      }
    >
      <LayerTable
        label="Bits by layer"
        size="Size"
        rows={layers.map(({ name, bits, widths, bytes: size, loss, probe }) => ({
          name,
          loss,
          before: probe,
          size: bytes(size),
          bits: (
            <div className={styles.bits}>
              <div className={styles.track}>
                <div className={styles.bar} style={{ width: `${(100 * bits) / WIDEST}%` }} />
              </div>
              <span title={widths.length > 1 ? `${widths.join(', ')} bits in its parts` : undefined}>
                {Number(bits.toFixed(1))}
              </span>
            </div>
          ),
        }))}
      />
    </ChartCard>
  );
}
