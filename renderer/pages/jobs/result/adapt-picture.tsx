/** Adapt: where texts stop, a dial of all that keeps the promise, text by the layers behind it, easy and hard examples. */
import { Slider } from '@mantine/core';
import { Fragment, useState } from 'react';
import { percentToTenth } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { LayeredText } from '../../../ui/layered-text.tsx';
import table from '../../../ui/plain-table.module.css';
import styles from './adapt-picture.module.css';
import { type AdaptReport, type Example, lossWords, stopsOf, waysOf } from './adapt-report.ts';
import picture from './picture.module.css';

export function AdaptPicture({ report }: { readonly report: AdaptReport }) {
  const { examples, samples, proposals } = report;
  return (
    <>
      <div className={picture.pair}>
        <Stops report={report} />
        <Dial report={report} />
      </div>
      {samples !== undefined && samples.length > 0 && <Samples report={report} />}
      {examples !== undefined && (
        <div className={picture.pair}>
          <Examples title="Easy" sub="stopped first" rows={examples.easy} layers={report.layers} />
          <Examples title="Hard" sub="stopped last" rows={examples.hard} layers={report.layers} />
        </div>
      )}
      {proposals.length > 0 && (
        <Card title="What else to try" label="What else to try">
          <ul className={styles.list}>
            {proposals.map((way) => (
              <li key={way}>{way}</li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

const percent = (share: number | undefined): string => (share === undefined ? '–' : percentToTenth(share));

function Stops({ report }: { readonly report: AdaptReport }) {
  const stops = stopsOf(report);
  const most = Math.max(...stops.map(({ share }) => share));
  const judged = report.exits.some(({ accuracy }) => accuracy !== undefined);
  const what = report.kind === 'decoder' ? 'tokens' : 'texts';
  const { bestFixed, meanLayersUsed, layers } = report;
  const cascade = report.kind === 'cascade' || report.kind === 'chat-cascade';
  return (
    <Card
      title={`Where ${what} stop`}
      sub={
        cascade
          ? `the large model is asked about ${percent(meanLayersUsed - 1)}`
          : `${meanLayersUsed.toFixed(1)} of ${layers} layers on average`
      }
      label={`Where ${what} stop`}
      flush
    >
      <table className={table.table}>
        <thead>
          <tr>
            <th>{cascade ? 'Model' : 'Layer'}</th>
            <th>Share of {what}</th>
            {judged && <th className={table.numeric}>Accuracy alone, %</th>}
            <th className={table.numeric}>As the whole model, %</th>
          </tr>
        </thead>
        <tbody>
          {stops.map(({ layer, share }) => {
            const exit = report.exits.find((e) => e.layer === layer);
            return (
              <tr key={layer}>
                <td>
                  {cascade ? ['small', 'large'][layer - 1] : layer}
                  {bestFixed.layer === layer && <span className="t3"> best fixed</span>}
                </td>
                <td>
                  <div className={styles.share}>
                    <div className={picture.track}>
                      {share > 0 && <div className={picture.bar} style={{ width: `${(100 * share) / most}%` }} />}
                    </div>
                    <span>{percent(share)}</span>
                  </div>
                </td>
                {judged && <td className={table.numeric}>{percent(exit?.accuracy).replace('%', '')}</td>}
                <td className={table.numeric}>{percent(exit?.agreement).replace('%', '')}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

/** Places from careful to fast, with what calibration found at each. */
function Dial({ report }: { readonly report: AdaptReport }) {
  const { dial, guarantee, metric, bestFixed, speedup, layers } = report;
  const [place, setPlace] = useState(dial.length - 1);
  const here = dial[place];
  return (
    <Card title="From careful to fast" sub="all that keeps the promise" label="Dial from careful to fast">
      {here === undefined ? (
        <p className="t2">Only the whole model keeps this promise.</p>
      ) : (
        <>
          <Slider
            thumbLabel="From careful to fast"
            className={styles.dial}
            min={0}
            max={Math.max(1, dial.length - 1)}
            disabled={dial.length < 2}
            value={place}
            onChange={setPlace}
            label={null}
            marks={[
              { value: 0, label: 'careful' },
              { value: Math.max(1, dial.length - 1), label: 'fast' },
            ]}
          />
          <p>
            {here.meanLayers.toFixed(1)} of {layers} layers, {lossWords(here.loss)} on{' '}
            {guarantee.calibrationRows.toLocaleString('en-US')} calibration{' '}
            {report.kind === 'decoder' ? 'windows' : 'rows'}
            {place === dial.length - 1 && <span className="t2"> – what was chosen and measured</span>}
          </p>
        </>
      )}
      <dl className={styles.facts}>
        <dt>Whole model</dt>
        <dd>{percent(metric.full)}</dd>
        <dd>1.00×</dd>
        <dt>Adaptive</dt>
        <dd>{percent(metric.adaptive)}</dd>
        <dd>{speedup.toFixed(2)}×</dd>
        {bestFixed.accuracy !== undefined && bestFixed.speedup !== undefined && (
          <>
            <dt>Always layer {bestFixed.layer}</dt>
            <dd>{percent(bestFixed.accuracy)}</dd>
            <dd>{bestFixed.speedup.toFixed(2)}×</dd>
          </>
        )}
        {waysOf(report).map(({ name, found }) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd />
            <dd>{found}</dd>
          </Fragment>
        ))}
      </dl>
    </Card>
  );
}

function Samples({ report }: { readonly report: AdaptReport }) {
  return (
    <Card
      title="Text by the layers behind it"
      sub="the higher the bar under a token, the more layers ran before it was given"
      label="Text by layers"
    >
      {report.samples?.map(({ prompt, pieces }) => (
        <p key={prompt} className={styles.sample}>
          <span className="t3">{prompt}</span>
          <LayeredText pieces={pieces} layers={report.layers} />
        </p>
      ))}
    </Card>
  );
}

interface ExamplesProps {
  readonly title: string;
  readonly sub: string;
  readonly rows: readonly Example[];
  readonly layers: number;
}

function Examples({ title, sub, rows, layers }: ExamplesProps) {
  return (
    <Card title={title} sub={sub} label={`${title} examples`} flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Text</th>
            <th>Answer</th>
            <th className={table.numeric}>Layers of {layers}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ text, label, predicted, layers: used }) => (
            <tr key={text}>
              <td className={styles.text} title={text}>
                {text}
              </td>
              <td className="nw">
                {predicted}
                {predicted !== label && <span className="bad"> (is {label})</span>}
              </td>
              <td className={table.numeric}>{used}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
