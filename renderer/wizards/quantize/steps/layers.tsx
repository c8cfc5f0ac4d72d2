/** How sensitive each layer is, and how many bits each gets: measured when asked for, edited row by row. */
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { LayerSensitivity } from '../../../../app/contract/techniques.ts';
import { LayerTable } from '../../../charts/layer-table.tsx';
import { engine } from '../../../client/client.ts';
import { compactCount, counted, shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Note } from '../../../ui/note.tsx';
import { settingOf } from '../../frame/plan.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { bitsByLayer, layerBitsText } from '../layer-bits.ts';
import { lossAt, protectedBits } from '../plan.ts';
import styles from './layers.module.css';

export function LayersScreen({ form, fields, change }: StepProps) {
  const question = { modelId: form.model?.id ?? '', datasetId: form.dataset?.id };
  const measured = useQuery({
    queryKey: ['techniques', 'sensitivity', question],
    queryFn: () => engine.techniques.sensitivity(question),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const method = settingOf(fields, form.options, 'method');
  if (method === 'float16' || method === 'dynamic' || form.options.targetSize !== undefined) {
    return (
      <Note title={form.options.targetSize === undefined ? 'One width for all layers' : 'Chosen by size'}>
        <p>
          {form.options.targetSize === undefined
            ? 'This method stores every layer alike. With GPTQ, AWQ, HQQ or round to nearest each layer can have bits of its own.'
            : 'Every layer is measured when the job runs and gets the bits that lose least.'}
        </p>
      </Note>
    );
  }
  const bits = Number(settingOf(fields, form.options, 'bits') ?? 4);
  const own = bitsByLayer(form.options.layerBits);
  const choose = (next: ReadonlyMap<number, number>) => {
    const { layerBits: _, ...others } = form.options;
    const text = layerBitsText(new Map([...next].filter(([, width]) => width !== bits)));
    change({ options: text === '' ? others : { ...others, layerBits: text } });
  };
  const layers = measured.data;
  return (
    <Card
      title="Bits of single layers"
      label="Bits of single layers"
      sub={layers === undefined ? `${bits} bits in all layers unless you say otherwise` : undefined}
      actions={
        layers !== undefined && (
          <>
            <Button size="xs" onClick={() => choose(protectedBits(layers, bits))}>
              Protect the most sensitive
            </Button>
            {own.size > 0 && (
              <Button size="xs" variant="subtle" color="gray" onClick={() => choose(new Map())}>
                Reset {counted(own.size, 'layer')}
              </Button>
            )}
          </>
        )
      }
    >
      {layers === undefined ? (
        <div className={styles.ask}>
          <p className="t2">
            Each layer is rounded by itself, and what the model then predicts is compared with what it predicted before:
            on 256 tokens of {form.dataset === undefined ? 'a sample text' : form.dataset.name}. Nothing is changed.
          </p>
          {measured.isError && <ErrorNote error={measured.error} />}
          <div>
            <Button loading={measured.isFetching} onClick={() => void measured.refetch()}>
              Measure sensitivity
            </Button>
          </div>
        </div>
      ) : (
        <Chart layers={layers} bits={bits} own={own} choose={choose} />
      )}
    </Card>
  );
}

interface ChartProps {
  readonly layers: readonly LayerSensitivity[];
  readonly bits: number;
  readonly own: ReadonlyMap<number, number>;
  readonly choose: (bits: ReadonlyMap<number, number>) => void;
}

function Chart({ layers, bits, own, choose }: ChartProps) {
  const widthOf = (layer: number) => own.get(layer) ?? bits;
  const losses = layers.map((one) => lossAt(one, widthOf(one.layer)));
  const uniform = layers.map((one) => lossAt(one, bits));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const before = sum(uniform);
  const now = sum(losses);
  return (
    <>
      <p className={styles.total} aria-live="polite">
        <b>{shortNumber(now)}</b> nats a token expected to be lost by all layers together
        {own.size > 0 && (
          <span className="t2">
            , {shortNumber(before)} with {bits} bits in all
          </span>
        )}
      </p>
      <LayerTable
        label="Sensitivity of the layers"
        size="Weights"
        rows={layers.map(({ layer, parameters, losses: widths }, i) => ({
          name: String(layer),
          loss: losses[i],
          before: uniform[i],
          size: compactCount(parameters),
          changed: own.has(layer),
          bits: (
            <NativeSelect
              size="xs"
              aria-label={`Bits of layer ${layer}`}
              value={String(widthOf(layer))}
              data={widths.map((one) => String(one.bits))}
              onChange={(event) => choose(new Map([...own, [layer, Number(event.currentTarget.value)]]))}
            />
          ),
        }))}
      />
      <p className="t3 f12">
        Measured at 4 bits; other widths follow from how much larger or smaller their rounding errors are. Grey: with{' '}
        {bits} bits.
      </p>
    </>
  );
}
