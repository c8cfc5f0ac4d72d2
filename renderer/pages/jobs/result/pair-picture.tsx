/** Transfer to likeness: how well it says which texts are alike, before and after and beside shared words, and what is hardest. */
import { Scatter } from '../../../charts/scatter.tsx';
import { shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import { TryAlike } from '../../../ui/try-alike.tsx';
import { BesideBars } from './beside-bars.tsx';
import { LearntFrom } from './learnt-from.tsx';
import { figuresOf, type PairReport, type PairScores } from './pair-report.ts';
import styles from './transfer-picture.module.css';

interface Props {
  readonly report: PairReport;
  /** Library id of the model; undefined where it is no longer there. */
  readonly model: string | undefined;
}

export function PairPicture({ report, model }: Props) {
  const [example] = report.hardest;
  return (
    <>
      <div className={model === undefined ? undefined : styles.beside}>
        <Scores report={report} />
        {model !== undefined && <TryAlike key={model} model={model} example={example} />}
      </div>
      {report.points.length > 0 && (
        <Card
          title="Nearness against score"
          sub="a pair with a higher score should be nearer"
          label="Cosine against score"
        >
          <Scatter
            label="Cosine against score"
            points={report.points.map(({ wanted, predicted }) => ({ x: wanted, y: predicted }))}
            xLabel="score"
            yLabel="cosine"
          />
        </Card>
      )}
      <Hardest report={report} />
    </>
  );
}

function Scores({ report }: { readonly report: PairReport }) {
  const { contrast, before, after, baseline } = report;
  const { main, second } = figuresOf(contrast === 'order');
  const rowOf = (name: string, scores: PairScores) => ({ name, main: main.of(scores), second: second.of(scores) });
  return (
    <Card title="On pairs it did not see" sub="higher is better" label="Scores">
      <BesideBars
        rows={[
          { ...rowOf('This model', after), own: true },
          rowOf('As it was', before),
          rowOf('Words they share (TF-IDF)', baseline),
        ]}
        main={main}
        second={second}
        most={1}
      />
      <LearntFrom report={report} rows="pairs" />
    </Card>
  );
}

function Hardest({ report: { contrast, hardest } }: { readonly report: PairReport }) {
  if (hardest.length === 0) return null;
  const scored = contrast === 'order';
  return (
    <Card
      title="The hardest pairs"
      sub={scored ? 'furthest out of their order first' : 'another text was nearer than its own partner'}
      label="Hardest pairs"
      flush
    >
      <table className={`${table.table} ${styles.texts}`}>
        <thead>
          <tr>
            <th>Text</th>
            <th>Its partner</th>
            {scored ? <th className={table.numeric}>Score</th> : <th>Nearer was</th>}
            <th className={table.numeric}>Cosine</th>
          </tr>
        </thead>
        <tbody>
          {hardest.map(({ text, other, score, nearest, cosine }) => (
            <tr key={`${text} ${other}`}>
              <td>
                <span className={styles.sample}>{text}</span>
              </td>
              <td>
                <span className={styles.sample}>{other}</span>
              </td>
              {score === undefined ? (
                <td>
                  <span className={styles.sample}>{nearest}</span>
                </td>
              ) : (
                <td className={table.numeric}>{shortNumber(score)}</td>
              )}
              <td className={table.numeric}>{cosine.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
