/** What fits here: the largest model for each use, on a logarithmic scale, with the library's largest marked. */
import { compactCount, exactNumber } from '../../format/number.ts';
import { fits, logTicks } from './fits.ts';
import styles from './home.module.css';

interface Props {
  readonly memoryBytes: number;
  readonly largest?: { readonly name: string; readonly parameters: number };
}

export function FitsCard({ memoryBytes, largest }: Props) {
  const all = fits(memoryBytes);
  const lowest = Math.min(
    ...all.map(({ comfortable }) => comfortable),
    largest?.parameters ?? Number.POSITIVE_INFINITY,
  );
  const ticks = logTicks(lowest / 3, Math.max(...all.map(({ possible }) => possible)));
  const [low, high] = [Math.log10(ticks[0]), Math.log10(ticks[ticks.length - 1])];
  const at = (parameters: number): string => `${((Math.log10(parameters) - low) / (high - low)) * 100}%`;
  return (
    <div className={styles.fits}>
      <div className={styles.half}>
        <h2>What fits here</h2>
        <span className="t3 f12">largest model, in parameters, log scale; estimated</span>
      </div>
      <div className={styles.plot}>
        {ticks.map((tick) => (
          <div
            key={tick}
            className={styles.tick}
            style={{ left: `calc(136px + (100% - 136px - 40px) * ${Number.parseFloat(at(tick)) / 100})` }}
          >
            <span>{compactCount(tick)}</span>
          </div>
        ))}
        {largest !== undefined && (
          <div
            className={styles.mark}
            style={{ left: `calc(136px + (100% - 136px - 40px) * ${Number.parseFloat(at(largest.parameters)) / 100})` }}
          >
            <span title={`${exactNumber(largest.parameters)} parameters`}>largest in your library, {largest.name}</span>
          </div>
        )}
        {all.map((fit) => (
          <div key={`${fit.name} ${fit.detail}`} className={styles.fit}>
            <div>
              {fit.name} <span className="t3">{fit.detail}</span>
            </div>
            <div className={styles.track}>
              <div className={styles.possible} style={{ width: at(fit.possible) }} />
              <div className={styles.comfortable} style={{ width: at(fit.comfortable) }}>
                {compactCount(fit.comfortable)}
              </div>
              <span className={styles.most} style={{ left: at(fit.possible) }}>
                {compactCount(fit.possible)}
              </span>
            </div>
          </div>
        ))}
      </div>
      <div className={styles.legend}>
        <span className={styles.keyComfortable} /> half of the memory
        <span className={styles.keyPossible} /> nearly all of it
      </div>
    </div>
  );
}
