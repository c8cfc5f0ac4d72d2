/** Transfer to numbers: how far off they are beside plain methods, each against the true one, and where it was furthest off. */
import { Scatter } from '../../../charts/scatter.tsx';
import { shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import { TryClassifier } from '../../../ui/try-classifier.tsx';
import { BesideBars } from './beside-bars.tsx';
import { LearningCurve } from './learning-curve.tsx';
import { LearntFrom } from './learnt-from.tsx';
import type { NumberReport } from './number-report.ts';
import styles from './transfer-picture.module.css';

interface Props {
  readonly report: NumberReport;
  /** Library id of the model; undefined where it is no longer there. */
  readonly model: string | undefined;
}

export function NumberPicture({ report, model }: Props) {
  const { points, hardest, learningCurve } = report;
  const example = [...hardest].sort((a, b) => a.text.length - b.text.length)[0]?.text;
  return (
    <>
      <div className={model === undefined ? undefined : styles.beside}>
        <Errors report={report} />
        {model !== undefined && <TryClassifier key={model} model={model} example={example} />}
      </div>
      <div className={styles.pair}>
        {points.length > 0 && (
          <Card title="Said against true" sub="on the line it is right" label="Predicted against true">
            <Scatter
              label="Predicted against true"
              points={points.map(({ wanted, predicted }) => ({ x: wanted, y: predicted }))}
              xLabel="true"
              yLabel="said"
              equal
            />
          </Card>
        )}
        {learningCurve !== undefined && (
          <LearningCurve sub="share of the differences it explains, learnt from so many texts" points={learningCurve} />
        )}
      </div>
      <Hardest report={report} />
    </>
  );
}

function Errors({ report }: { readonly report: NumberReport }) {
  const { baseline, mean, r2, spearman } = report;
  const rowOf = (name: string, errors: Pick<NumberReport, 'meanAbsoluteError' | 'rootMeanSquaredError'>) => ({
    name,
    main: errors.meanAbsoluteError,
    second: errors.rootMeanSquaredError,
  });
  return (
    <Card title="On texts it did not see" sub="how far off, lower is better, beside plain methods" label="Errors">
      <BesideBars
        rows={[
          { ...rowOf('This model', report), own: true },
          rowOf('Words alone (TF-IDF)', baseline),
          rowOf('Always the mean', mean),
        ]}
        main={{ title: 'mean error', show: shortNumber }}
        second={{ title: 'RMS', help: 'Root of the mean square: large errors count more', show: shortNumber }}
      />
      <LearntFrom report={report} rows="texts">
        <span title="Share of the differences between texts that it explains">
          R² {r2.toFixed(2)}, words alone {baseline.r2.toFixed(2)}
        </span>
        <span title="Spearman's: how well the order is met">
          rank correlation {spearman.toFixed(2)}, words alone {baseline.spearman.toFixed(2)}
        </span>
      </LearntFrom>
    </Card>
  );
}

const Hardest = ({ report: { hardest } }: { readonly report: NumberReport }) => (
  <Card title="The hardest texts" sub="furthest off first" label="Hardest texts" flush>
    <table className={`${table.table} ${styles.texts}`}>
      <thead>
        <tr>
          <th>Text</th>
          <th className={table.numeric}>True</th>
          <th className={table.numeric}>It says</th>
          <th className={table.numeric}>Off by</th>
        </tr>
      </thead>
      <tbody>
        {hardest.map(({ text, wanted, predicted }) => (
          <tr key={text}>
            <td>
              <span className={styles.sample}>{text}</span>
            </td>
            <td className={table.numeric}>{shortNumber(wanted)}</td>
            <td className={table.numeric}>{shortNumber(predicted)}</td>
            <td className={table.numeric}>{shortNumber(Math.abs(wanted - predicted))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);
