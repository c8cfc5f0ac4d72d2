/** Adapt: where texts stop, a dial of all that keeps the promise, text by the layers behind it, easy and hard examples. */
import { Slider } from '@mantine/core';
import { Fragment, useState } from 'react';
import { percentToTenth } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { LayeredText } from '../../../ui/layered-text.tsx';
import table from '../../../ui/plain-table.module.css';
import styles from './adapt-picture.module.css';
import { type AdaptReport, type Example, lossWords, stopsOf, waysOf } from './adapt-report.ts';
import { type AdaptWords, adaptWords } from './adapt-words.ts';
import picture from './picture.module.css';

export function AdaptPicture({ report }: { readonly report: AdaptReport }) {
  const { examples, samples, proposals } = report;
  const words = adaptWords(report);
  return (
    <>
      <div className={picture.pair}>
        <Stops report={report} words={words} />
        <Dial report={report} words={words} />
      </div>
      {samples !== undefined && samples.length > 0 && <Samples report={report} />}
      {examples !== undefined && (
        <div className={picture.pair}>
          <Examples title="Easy" sub="stopped first" rows={examples.easy} words={words} />
          <Examples title="Hard" sub="stopped last" rows={examples.hard} words={words} />
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

interface PartProps {
  readonly report: AdaptReport;
  readonly words: AdaptWords;
}

function Stops({ report, words }: PartProps) {
  const stops = stopsOf(report);
  const most = Math.max(...stops.map(({ share }) => share));
  const judged = report.exits.some(({ accuracy }) => accuracy !== undefined);
  const { bestFixed, meanLayersUsed } = report;
  const { what } = words;
  return (
    <Card title={`Where ${what} stop`} sub={words.depth(meanLayersUsed)} label={`Where ${what} stop`} flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>{words.place}</th>
            <th>Share of {what}</th>
            {judged && <th className={table.numeric}>{words.alone}</th>}
            <th className={table.numeric}>{words.alike}</th>
          </tr>
        </thead>
        <tbody>
          {stops.map(({ layer, share }) => {
            const exit = report.exits.find((e) => e.layer === layer);
            return (
              <tr key={layer}>
                <td>
                  {words.placeOf(layer)}
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
function Dial({ report, words }: PartProps) {
  const { dial, guarantee, metric, bestFixed, speedup } = report;
  const [place, setPlace] = useState(dial.length - 1);
  const here = dial[place];
  return (
    <Card title="From careful to fast" sub="all that keeps the promise" label="Dial from careful to fast">
      {here === undefined ? (
        <p className="t2">Only the {words.whole.toLowerCase()} keeps this promise.</p>
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
            {words.depth(here.meanLayers)}, {lossWords(here.loss)} on{' '}
            {guarantee.calibrationRows.toLocaleString('en-US')} calibration {words.rows}
            {place === dial.length - 1 && <span className="t2"> – what was chosen and measured</span>}
          </p>
        </>
      )}
      <dl className={styles.facts}>
        <dt>{words.whole}</dt>
        <dd>{percent(metric.full)}</dd>
        <dd>1.00×</dd>
        <dt>{words.adaptive}</dt>
        <dd>{percent(metric.adaptive)}</dd>
        <dd>{speedup.toFixed(2)}×</dd>
        {words.fixed && bestFixed.accuracy !== undefined && bestFixed.speedup !== undefined && (
          <>
            <dt>{words.fixed}</dt>
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
  readonly words: AdaptWords;
}

function Examples({ title, sub, rows, words }: ExamplesProps) {
  return (
    <Card title={title} sub={sub} label={`${title} examples`} flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Text</th>
            <th>Answer</th>
            <th className={table.numeric}>{words.place}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ text, label, predicted, layers: used }) => (
            <tr key={text}>
              <td className={styles.text} title={text}>
                {text}
              </td>
              <td>
                <div className={styles.answer}>
                  {predicted}
                  {predicted !== label && <span className="bad"> (is {label})</span>}
                </div>
              </td>
              <td className={table.numeric}>{words.placeOf(used)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
