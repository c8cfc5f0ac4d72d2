/** For which place: one row each with what is made for it, and how weights are stored where there is a choice. */
import { Radio, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { Asked } from '../../../ui/asked.tsx';
import type { StepProps } from '../../frame/wizard.ts';
import { PLACES, placeOf } from '../places.ts';
import { targetOf, tensorTypesOf, typesText } from '../plan.ts';
import styles from './target.module.css';

export function TargetScreen({ wizard, form, change }: StepProps) {
  const targets = useQuery({
    queryKey: ['exports', 'targets', form.model?.id],
    queryFn: () => engine.exports.targets({ modelId: form.model?.id }),
  });
  const chosen = placeOf(form.options.place, targetOf(form.options));
  const set = (part: Record<string, unknown>) => change({ options: { ...form.options, ...part } });
  const choose = (id: string) => set({ place: id, target: PLACES.find((place) => place.id === id)?.target });
  return (
    <Asked query={targets}>
      {(list) => (
        <Radio.Group value={chosen?.id ?? null} onChange={choose} label={<h2>{wizard.question}</h2>}>
          <div className={styles.list}>
            {PLACES.filter(({ target }) => list.some(({ name }) => name === target)).map(
              ({ id, title, text, target }) => {
                const types = list.find(({ name }) => name === target)?.types ?? [];
                return (
                  <div key={id} className={`${styles.target} ${id === chosen?.id ? styles.chosen : ''}`}>
                    <Radio.Card value={id} className={styles.card}>
                      <Radio.Indicator size="xs" />
                      <b>{title}</b>
                      <span className="t2">{text}</span>
                    </Radio.Card>
                    {id === chosen?.id && types.length > 1 && (
                      <div className={styles.types}>
                        <span className="t2">Weights</span>
                        <Select
                          size="xs"
                          aria-label="How the weights are stored"
                          allowDeselect={false}
                          value={String(form.options.type ?? types[0])}
                          onChange={(type) => type !== null && set({ type })}
                          data={types.map((type) => ({ value: type, label: `${type}, ${typesText(type)}` }))}
                        />
                        <StoredOtherwise options={form.options} set={set} />
                      </div>
                    )}
                  </div>
                );
              },
            )}
          </div>
        </Radio.Group>
      )}
    </Asked>
  );
}

/** What GGUF can have besides its type: other types for some tensors, errors weighed, bits layer by layer as planned. */
function StoredOtherwise({
  options,
  set,
}: {
  options: StepProps['form']['options'];
  set: (part: Record<string, unknown>) => void;
}) {
  const { tensorTypes, imatrix, plan } = options;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return (
    <>
      <span className="t2">Other tensors</span>
      <TextInput
        size="xs"
        aria-label="Other types for some tensors"
        placeholder="none; for instance attn_v=q6_k, blk.0.=q8_0"
        defaultValue={Array.isArray(tensorTypes) ? tensorTypes.join(', ') : ''}
        onBlur={(event) => set({ tensorTypes: tensorTypesOf(event.currentTarget.value) })}
      />
      <span className="t2">Importance</span>
      <TextInput
        size="xs"
        aria-label="Importance matrix"
        placeholder="none; a file of lathe imatrix or llama-imatrix"
        defaultValue={text(imatrix)}
        onBlur={(event) => set({ imatrix: event.currentTarget.value.trim() })}
      />
      <span className="t2">Bits of layers</span>
      <TextInput
        size="xs"
        aria-label="Quantized model whose bits each layer gets"
        placeholder="those of the type; or a quantized form of this model"
        defaultValue={text(plan)}
        onBlur={(event) => set({ plan: event.currentTarget.value.trim() })}
      />
    </>
  );
}
