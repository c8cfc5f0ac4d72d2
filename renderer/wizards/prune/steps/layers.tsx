/** What goes: a slider over the layers, the model as a stack with those that go pulled out, sizes, and what is known of the cost. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { settingOf } from '../../frame/plan.ts';
import design from '../../frame/steps/design.module.css';
import type { StepProps } from '../../frame/wizard.ts';
import { curveOf, type DepthCurve, goneLayers, layersGone, withLayers } from '../curve.ts';
import { Amount } from './amount.tsx';
import styles from './layers.module.css';
import { WidthScreen } from './width.tsx';

export function LayersScreen(step: StepProps) {
  const { wizard, fields, form, change } = step;
  const [moved, setMoved] = useState<number>();
  const id = form.model?.id ?? '';
  const model = useQuery({
    queryKey: ['models', 'get', id],
    queryFn: () => engine.models.get({ id }),
    enabled: id !== '',
  });
  const method = settingOf(fields, form.options, 'method') ?? 'depth';
  const curve = useQuery({
    queryKey: ['prune', 'curve', id],
    queryFn: () => findCurve(id),
    enabled: id !== '' && method === 'depth',
  });
  const question = { modelId: id, datasetId: form.dataset?.id };
  const measured = useQuery({
    queryKey: ['techniques', 'depth-curve', question],
    queryFn: () => engine.techniques.depthCurve(question),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const known = measured.data ?? curve.data ?? undefined;
  const layers = model.data?.layers ?? 0;
  const named = form.options.layers;
  const chosen = Array.isArray(named) ? named.length : form.options.amount;
  const count = moved ?? layersGone(chosen, Math.max(2, layers));
  const size = useQuery({
    queryKey: ['techniques', 'estimate', 'prune', id, count],
    queryFn: () =>
      engine.techniques.estimate({
        technique: wizard.technique,
        modelId: id,
        options: { method: 'depth', amount: count },
      }),
    enabled: layers > 1 && method === 'depth',
    retry: false,
  });
  if (layers < 2) return null;
  if (method === 'width') return <WidthScreen {...step} />;
  if (method !== 'depth') {
    return <p className="t2">No layers go with what the settings say: they take something else of the model.</p>;
  }
  const gone = goneLayers(known, count);
  return (
    <Amount
      id="layers-gone"
      words={`${count} of ${layers} layers go`}
      sizeBytes={model.data?.sizeBytes}
      resultBytes={size.data?.resultBytes}
      min={1}
      max={layers - 1}
      value={count}
      move={setMoved}
      choose={(amount) => change({ options: withLayers(form.options, amount, known) })}
    >
      {measured.error && <ErrorNote error={measured.error} />}
      <Curve curve={known} count={count} measuring={measured.isFetching} measure={() => void measured.refetch()} />
      <Stack layers={layers} count={count} gone={gone} />
    </Amount>
  );
}

/** The latest finished run on this model that tried every step. */
async function findCurve(model: string): Promise<DepthCurve | null> {
  const { items } = await engine.jobs.list({ model, states: ['done'], limit: 50 });
  for (const { id } of items) {
    const { steps } = await engine.jobs.get({ id });
    for (const { name, result } of steps) {
      const curve = name === 'prune' ? curveOf(result) : undefined;
      if (curve) return curve;
    }
  }
  return null;
}

interface CurveProps {
  readonly curve: DepthCurve | undefined;
  readonly count: number;
  readonly measuring: boolean;
  readonly measure: () => void;
}

/** Perplexity against layers removed, as far as it was measured. */
function Curve({ curve, count, measuring, measure }: CurveProps) {
  if (!curve) {
    return (
      <div className={design.words}>
        <span className="t2">What each layer costs is not known yet.</span>
        <Button size="xs" loading={measuring} onClick={measure}>
          Measure it
        </Button>
      </div>
    );
  }
  const most = Math.max(...curve.perplexities);
  return (
    <div>
      <div className="t2">Perplexity without the first so many layers, as measured</div>
      <ol className={styles.curve}>
        {curve.perplexities.map((perplexity, removed) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the number of layers.
          <li key={removed} className={removed === count ? styles.chosen : undefined}>
            <span>{removed}</span>
            <span className={styles.bar} style={{ width: `${(70 * perplexity) / most}%` }} />
            <span>{perplexity.toPrecision(4)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

interface StackProps {
  readonly layers: number;
  readonly count: number;
  /** Which go; undefined: not known before they are measured. */
  readonly gone: ReadonlySet<number> | undefined;
}

function Stack({ layers, count, gone }: StackProps) {
  const words = gone
    ? `Layers ${[...gone].sort((a, b) => a - b).join(', ')} go`
    : `${count} of these go: which ones is measured when it runs`;
  return (
    <figure className={styles.figure}>
      <figcaption className="t2">{words}</figcaption>
      <div className={styles.stack} role="img" aria-label={words}>
        <span className={styles.end}>embedding</span>
        {Array.from({ length: layers }, (_, layer) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the layer.
          <span key={layer} className={gone?.has(layer) ? styles.gone : styles.layer}>
            {layer}
          </span>
        ))}
        <span className={styles.end}>head</span>
      </div>
    </figure>
  );
}
