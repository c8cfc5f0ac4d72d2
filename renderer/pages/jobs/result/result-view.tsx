/** What every job ends in: the verdict, before and after, the technique's own picture, answers side by side, what next. */
import type { JobDetail } from '../../../../app/contract/jobs.ts';
import { Icon, type IconName } from '../../../ui/icon.tsx';
import type { FeedSnapshot } from '../job-feed.ts';
import { Log } from '../live/log.tsx';
import { lossUnit } from '../live/loss-unit.ts';
import { StepList } from '../live/step-list.tsx';
import { TrainingCharts } from '../live/training-charts.tsx';
import { Warnings } from '../warnings.tsx';
import { AdaptPicture } from './adapt-picture.tsx';
import { Answers } from './answers.tsx';
import { compareReports } from './comparison.ts';
import { DistilPicture } from './distil-picture.tsx';
import { distilReport, distilVerdict } from './distil-report.ts';
import { ExportPicture } from './export-picture.tsx';
import { LayerPicture } from './layer-picture.tsx';
import { NextList } from './next-list.tsx';
import { nextSteps } from './next-steps.ts';
import { NumberPicture } from './number-picture.tsx';
import { numberReport, numberVerdict } from './number-report.ts';
import { outcomesOf } from './outcomes.ts';
import { PairPicture } from './pair-picture.tsx';
import { pairReport, pairVerdict } from './pair-report.ts';
import { ProfilePicture } from './profile-picture.tsx';
import { PrunePicture } from './prune-picture.tsx';
import { pruneReport } from './prune-report.ts';
import { QuantizePicture } from './quantize-picture.tsx';
import { quantizedLayers } from './quantize-report.ts';
import { RecoveredPicture } from './recovered-picture.tsx';
import { recoveredFacts } from './recovered-report.ts';
import styles from './result-view.module.css';
import { SpeedPicture } from './speed-picture.tsx';
import { speedReportOf, speedVerdictOf } from './speed-report.ts';
import { Strip } from './strip.tsx';
import { TransferPicture } from './transfer-picture.tsx';
import { transferReport, transferVerdict } from './transfer-report.ts';
import { type Verdict, verdictOf } from './verdict.ts';

interface Props {
  readonly job: JobDetail;
  readonly feed: FeedSnapshot;
}

const ICONS: Readonly<Record<Verdict['tone'], IconName>> = {
  good: 'check',
  warn: 'warn',
  bad: 'warn',
  neutral: 'info',
};
const TONES: Readonly<Record<Verdict['tone'], string>> = { good: 'good', warn: 'warn', bad: 'bad', neutral: 't2' };

export function ResultView({ job, feed }: Props) {
  const { steps, measured } = outcomesOf(job);
  const resultOf = (technique: string) => job.steps.findLast(({ name }) => name === technique)?.result;
  const ofTransfer = resultOf('transfer');
  const transferred = transferReport(ofTransfer);
  const [numbers, pairs] = [numberReport(ofTransfer), pairReport(ofTransfer)];
  const speed = speedReportOf(resultOf('optimize'));
  const distilled = distilReport(resultOf('distill'));
  const verdict =
    (transferred && transferVerdict(transferred)) ??
    (numbers && numberVerdict(numbers)) ??
    (pairs && pairVerdict(pairs)) ??
    (speed && job.steps.at(-1)?.name === 'optimize' ? speedVerdictOf(speed) : undefined) ??
    (distilled && job.steps.at(-1)?.name === 'distill' ? distilVerdict(distilled) : undefined) ??
    verdictOf(steps, measured);
  const before = steps.find((step) => step.before)?.before;
  const after = steps.findLast((step) => step.after)?.after ?? measured;
  const profile = job.steps.findLast(({ name, result }) => name === 'profile' && result !== undefined)?.result;
  const pruned = pruneReport(resultOf('prune'));
  const mixed = quantizedLayers(resultOf('quantize'));
  const recovered = recoveredFacts(resultOf('quantize'));
  const shrunk = job.steps.some(({ name }) => name === 'quantize' || name === 'prune');
  const adapted = steps.findLast((step) => step.adapted)?.adapted;
  const last = job.results.at(-1);
  return (
    <>
      <p className={styles.verdict}>
        <span className={TONES[verdict.tone]}>
          <Icon name={ICONS[verdict.tone]} size={20} />
        </span>
        {verdict.text}
      </p>
      <Warnings feed={feed} />
      {after !== undefined && pairs === undefined && <Strip rows={compareReports(before, after)} />}
      {job.steps.length > 1 && <StepList job={job} steps={job.steps} />}
      {feed.rows.length > 1 && <TrainingCharts rows={feed.rows} total={undefined} unit={lossUnit(job.steps)} />}
      {transferred && <TransferPicture report={transferred} model={last} />}
      {distilled && <DistilPicture report={distilled} />}
      {numbers && <NumberPicture report={numbers} model={last} />}
      {pairs && <PairPicture report={pairs} model={last} />}
      {pruned !== undefined && <PrunePicture report={pruned} />}
      {shrunk && last !== undefined && <LayerPicture before={job.model} after={last} />}
      {mixed && <QuantizePicture layers={mixed} />}
      {recovered && <RecoveredPicture facts={recovered} />}
      {adapted !== undefined && <AdaptPicture report={adapted} />}
      {speed !== undefined && <SpeedPicture report={speed} />}
      {profile !== undefined && <ProfilePicture result={profile} />}
      {job.exports.map((id) => (
        <ExportPicture key={id} id={id} />
      ))}
      <div className={styles.pair}>
        <div className={styles.column}>
          <Answers samples={feed.samples} />
          <Log feed={feed} />
        </div>
        <NextList steps={nextSteps(job)} />
      </div>
    </>
  );
}
