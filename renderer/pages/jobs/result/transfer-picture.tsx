/** Transfer: how good the classifier is beside plain methods, what it mixes up, class by class, and what it found hardest. */
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import { TryClassifier } from '../../../ui/try-classifier.tsx';
import { Confusion } from './confusion.tsx';
import styles from './transfer-picture.module.css';
import type { TransferReport } from './transfer-report.ts';

const share = (value: number): string => `${(100 * value).toFixed(1)}%`;

interface Props {
  readonly report: TransferReport;
  /** Library id of the classifier; undefined where it is no longer there. */
  readonly model: string | undefined;
}

export function TransferPicture({ report, model }: Props) {
  // A text's words are tagged by the command line only.
  const triable = report.words === undefined ? model : undefined;
  return (
    <>
      <div className={triable === undefined ? undefined : styles.beside}>
        <Scores report={report} />
        {triable !== undefined && <TryClassifier key={triable} model={triable} example={exampleOf(report)} />}
      </div>
      <div className={styles.pair}>
        {report.confusion.length > 0 && <Confusion labels={report.labels} counts={report.confusion} />}
        <PerClass report={report} />
        {report.learningCurve !== undefined && <LearningCurve report={report} />}
      </div>
      <Hardest report={report} />
    </>
  );
}

/** A short text to begin with: one that was hard. */
const exampleOf = ({ hardest }: TransferReport): string | undefined =>
  [...hardest].sort((a, b) => a.text.length - b.text.length)[0]?.text;

function Scores({ report }: { readonly report: TransferReport }) {
  const { accuracy, macroF1, baseline, majority, ece, trainRows, testRows, cutRows, problemCount, choice } = report;
  const rows = [
    { name: 'This model', accuracy, macroF1, color: 'var(--after)' },
    ...(report.fewShot
      ? [{ name: 'A head on the model as it was', ...report.fewShot.headOnly, color: 'var(--before)' }]
      : []),
    ...(baseline
      ? [
          {
            name: report.words ? 'The usual tag of each word' : 'Words alone (TF-IDF)',
            ...baseline,
            color: 'var(--before)',
          },
        ]
      : []),
    ...(majority
      ? [
          {
            name: report.words ? 'Always the most frequent tag' : 'Always the largest class',
            ...majority,
            color: 'var(--before)',
          },
        ]
      : []),
  ];
  return (
    <Card title="On texts it did not see" sub="share of right answers, beside what plain methods reach" label="Scores">
      <div className={styles.bars}>
        <span />
        <span />
        <span className={styles.heading}>accuracy</span>
        <span className={styles.heading} title="Mean of the classes' F1: every class counts alike">
          macro F1
        </span>
        {rows.map((row) => (
          <Row key={row.name} {...row} />
        ))}
      </div>
      <p className={styles.figures}>
        <span>
          learnt from {trainRows.toLocaleString('en-US')}, measured on {testRows.toLocaleString('en-US')} texts
        </span>
        <span title="Expected calibration error: how far its probabilities are from how often it is right">
          calibration error {share(ece)}
        </span>
        {choice && (
          <span>
            learning rate {choice.learningRate} and {choice.epochs} {choice.epochs === 1 ? 'epoch' : 'epochs'}, by
            held-out loss
          </span>
        )}
        {cutRows > 0 && <span>{cutRows.toLocaleString('en-US')} texts were longer than what is read of them</span>}
        {problemCount > 0 && <span>{problemCount.toLocaleString('en-US')} rows were left out</span>}
      </p>
    </Card>
  );
}

interface RowProps {
  readonly name: string;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly color: string;
}

const Row = ({ name, accuracy, macroF1, color }: RowProps) => (
  <>
    <span className="nw">{name}</span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${100 * accuracy}%`, background: color }} />
    </div>
    <b className={styles.numeric}>{share(accuracy)}</b>
    <span className={styles.numeric}>{share(macroF1)}</span>
  </>
);

/** Whether more rows would help: how good it is when it learns from a part of them. */
const LearningCurve = ({ report: { learningCurve = [], words } }: { readonly report: TransferReport }) => (
  <Card
    title="Would more data help?"
    sub={words ? 'learnt from so many words' : 'right answers, learnt from so many texts'}
    label="Learning curve"
  >
    <div className={styles.curve}>
      {learningCurve.map(({ rows, score }) => (
        <Point key={rows} rows={rows} score={score} />
      ))}
    </div>
  </Card>
);

const Point = ({ rows, score }: { readonly rows: number; readonly score: number }) => (
  <>
    <span className={styles.numeric}>{rows.toLocaleString('en-US')}</span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${100 * Math.max(0, score)}%`, background: 'var(--after)' }} />
    </div>
    <b className={styles.numeric}>{share(score)}</b>
  </>
);

const PerClass = ({ report: { perClass } }: { readonly report: TransferReport }) => (
  <Card title="Class by class" sub="the weakest first" label="Scores of each class" flush>
    <div className={styles.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Class</th>
            <th className={table.numeric} title="Of what was called this class, how much is of it">
              Precision
            </th>
            <th className={table.numeric} title="Of this class, how much was found">
              Recall
            </th>
            <th className={table.numeric}>F1</th>
            <th className={table.numeric}>Texts</th>
          </tr>
        </thead>
        <tbody>
          {[...perClass]
            .sort((a, b) => a.f1 - b.f1)
            .map(({ label, precision, recall, f1, support }) => (
              <tr key={label}>
                <td>{label}</td>
                <td className={table.numeric}>{share(precision)}</td>
                <td className={table.numeric}>{share(recall)}</td>
                <td className={table.numeric}>{share(f1)}</td>
                <td className={table.numeric}>{support.toLocaleString('en-US')}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  </Card>
);

function Hardest({ report: { hardest } }: { readonly report: TransferReport }) {
  const wrong = hardest.filter(({ label, predicted }) => label !== predicted);
  const shown = wrong.length > 0 ? wrong : hardest.slice(0, 3);
  if (shown.length === 0) return null;
  return (
    <Card
      title="The hardest texts"
      sub={
        wrong.length > 0
          ? 'wrong, and surest of it first: some may be labelled wrongly'
          : 'none is wrong; these were closest'
      }
      label="Hardest texts"
      flush
    >
      <table className={`${table.table} ${styles.texts}`}>
        <thead>
          <tr>
            <th>Text</th>
            <th>Labelled</th>
            <th>It says</th>
            <th className={table.numeric}>Its probability of the label</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ text, label, predicted, probability }) => (
            <tr key={text}>
              <td>
                <span className={styles.sample}>{text}</span>
              </td>
              <td className="nw">{label}</td>
              <td className="nw">{predicted}</td>
              <td className={table.numeric}>{share(probability)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
