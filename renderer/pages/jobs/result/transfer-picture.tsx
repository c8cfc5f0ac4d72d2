/** Transfer: how good the classifier is beside plain methods, what it mixes up, class by class, and what it found hardest. */
import { percentToTenth } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import { TryClassifier } from '../../../ui/try-classifier.tsx';
import { TryTagger } from '../../../ui/try-tagger.tsx';
import { BesideBars } from './beside-bars.tsx';
import { Confusion } from './confusion.tsx';
import { FoundMissed } from './found-missed.tsx';
import { LearningCurve } from './learning-curve.tsx';
import { LearntFrom } from './learnt-from.tsx';
import styles from './transfer-picture.module.css';
import type { TransferReport } from './transfer-report.ts';

interface Props {
  readonly report: TransferReport;
  /** Library id of the classifier; undefined where it is no longer there. */
  readonly model: string | undefined;
}

export function TransferPicture({ report, model }: Props) {
  const Try = report.words === undefined ? TryClassifier : TryTagger;
  return (
    <>
      <div className={model === undefined ? undefined : styles.beside}>
        <Scores report={report} />
        {model !== undefined && <Try key={model} model={model} example={exampleOf(report)} />}
      </div>
      <div className={styles.pair}>
        {report.confusion.length > 0 && <Confusion labels={report.labels} counts={report.confusion} />}
        <PerClass report={report} />
        {report.task === 'multi-label' && <FoundMissed report={report} />}
        {report.learningCurve !== undefined && <LearningCurve sub={curveWords(report)} points={report.learningCurve} />}
      </div>
      <Hardest report={report} />
    </>
  );
}

/** A short text to begin with: one that was hard; of tags without the brackets around the word. */
const exampleOf = ({ hardest, words }: TransferReport): string | undefined => {
  const text = [...hardest].sort((a, b) => a.text.length - b.text.length)[0]?.text;
  return words ? text?.replace(/\[(\S+)\]/, '$1') : text;
};

function curveWords({ words, task }: TransferReport): string {
  if (task === 'multi-label') return 'F1 over all labels, learnt from so many texts';
  return words ? 'learnt from so many words' : 'right answers, learnt from so many texts';
}

function Scores({ report }: { readonly report: TransferReport }) {
  const { accuracy, macroF1, baseline, majority, ece, choice } = report;
  const { fewShot, words, task } = report;
  const sets = task === 'multi-label';
  const rowOf = (name: string, scores: { readonly accuracy: number; readonly macroF1: number } | undefined) =>
    scores ? [{ name, main: scores.accuracy, second: scores.macroF1 }] : [];
  return (
    <Card
      title="On texts it did not see"
      sub={`share of ${sets ? 'texts with all labels right' : 'right answers'}, beside what plain methods reach`}
      label="Scores"
    >
      <BesideBars
        rows={[
          { name: 'This model', main: accuracy, second: macroF1, own: true },
          ...rowOf('A head on the model as it was', fewShot?.headOnly),
          ...rowOf(words ? 'The usual tag of each word' : 'Words alone (TF-IDF)', baseline),
          ...rowOf(words ? 'Always the most frequent tag' : 'Always the largest class', majority),
        ]}
        main={{ title: sets ? 'all right' : 'accuracy', show: percentToTenth }}
        second={{
          title: 'macro F1',
          help: `Mean of the ${sets ? 'labels' : 'classes'}' F1: all count alike`,
          show: percentToTenth,
        }}
        most={1}
      />
      <LearntFrom report={report} rows="texts">
        <span title="Expected calibration error: how far its probabilities are from how often it is right">
          calibration error {percentToTenth(ece)}
        </span>
        {choice && (
          <span>
            learning rate {choice.learningRate} and {choice.epochs} {choice.epochs === 1 ? 'epoch' : 'epochs'}, by
            held-out loss
          </span>
        )}
      </LearntFrom>
    </Card>
  );
}

const PerClass = ({ report: { perClass, task, words } }: { readonly report: TransferReport }) => (
  <Card
    title={task === 'multi-label' ? 'Label by label' : words ? 'Tag by tag' : 'Class by class'}
    sub="the weakest first"
    label="Scores of each class"
    flush
  >
    <div className={styles.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th>{task === 'multi-label' ? 'Label' : words ? 'Tag' : 'Class'}</th>
            <th className={table.numeric} title="Of what was called this class, how much is of it">
              Precision
            </th>
            <th className={table.numeric} title="Of this class, how much was found">
              Recall
            </th>
            <th className={table.numeric}>F1</th>
            <th className={table.numeric}>{words ? 'Words' : 'Texts'}</th>
          </tr>
        </thead>
        <tbody>
          {[...perClass]
            .sort((a, b) => a.f1 - b.f1)
            .map(({ label, precision, recall, f1, support }) => (
              <tr key={label}>
                <td>{label}</td>
                <td className={table.numeric}>{percentToTenth(precision)}</td>
                <td className={table.numeric}>{percentToTenth(recall)}</td>
                <td className={table.numeric}>{percentToTenth(f1)}</td>
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
              <td className={table.numeric}>{percentToTenth(probability)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
