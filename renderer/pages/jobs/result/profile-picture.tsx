/** Profile: speed at each context length with its spread, and where the time goes by operator. */
import { percentToTenth, shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import styles from './picture.module.css';
import { contextsOf, operatorShares } from './profile-report.ts';

export function ProfilePicture({ result }: { readonly result: Readonly<Record<string, unknown>> }) {
  const contexts = contextsOf(result);
  const operators = operatorShares(result);
  return (
    <div className={operators.length > 0 ? styles.pair : undefined}>
      <Card title="Speed by context" sub="tokens already in the conversation" label="Speed by context" flush>
        <table className={table.table}>
          <thead>
            <tr>
              <th>Context, tokens</th>
              <th className={table.numeric}>Prefill, tokens/s</th>
              <th className={table.numeric}>Decode, tokens/s</th>
              <th className={table.numeric}>First token, ms</th>
            </tr>
          </thead>
          <tbody>
            {contexts.map(({ tokens, prefillTokensPerSecond, decodeTokensPerSecond, timeToFirstTokenMs, spread }) => (
              <tr key={tokens}>
                <td>{tokens.toLocaleString('en-US')}</td>
                <td className={table.numeric}>
                  {shortNumber(prefillTokensPerSecond)} <Spread share={spread?.prefill} />
                </td>
                <td className={table.numeric}>
                  {shortNumber(decodeTokensPerSecond)} <Spread share={spread?.decode} />
                </td>
                <td className={table.numeric}>{shortNumber(timeToFirstTokenMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      {operators.length > 0 && (
        <Card title="Where the time goes" sub="share of the time by operator" label="Time by operator">
          <div className={styles.bars}>
            {operators.map(({ name, share }) => (
              <Bar key={name} name={name} share={share} most={operators[0].share} />
            ))}
          </div>
        </Card>
      )}
    </div>
  );
}

const Spread = ({ share }: { readonly share: number | undefined }) =>
  share === undefined ? null : <span className="t3 f12">± {Math.max(1, Math.round(share * 50))}%</span>;

const Bar = ({ name, share, most }: { readonly name: string; readonly share: number; readonly most: number }) => (
  <>
    <span className="cut">{name}</span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${(100 * share) / most}%` }} />
    </div>
    <span>{percentToTenth(share)}</span>
  </>
);
