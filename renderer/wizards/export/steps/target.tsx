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
  return (
    <>
      <Written
        title="Other tensors"
        label="Other types for some tensors"
        placeholder="none; for instance attn_v=q6_k, blk.0.=q8_0"
        value={Array.isArray(tensorTypes) ? tensorTypes.join(', ') : ''}
        write={(text) => set({ tensorTypes: tensorTypesOf(text) })}
      />
      <Written
        title="Importance"
        label="Importance matrix"
        placeholder="none; a file of lathe imatrix or llama-imatrix"
        value={imatrix}
        write={(text) => set({ imatrix: text })}
      />
      <Written
        title="Bits of layers"
        label="Quantized model whose bits each layer gets"
        placeholder="those of the type; or a quantized form of this model"
        value={plan}
        write={(text) => set({ plan: text })}
      />
    </>
  );
}

interface WrittenProps {
  readonly title: string;
  readonly label: string;
  readonly placeholder: string;
  readonly value: unknown;
  readonly write: (text: string) => void;
}

/** A setting that is written, and taken once the field is left. */
function Written({ title, label, placeholder, value, write }: WrittenProps) {
  return (
    <>
      <span className="t2">{title}</span>
      <TextInput
        size="xs"
        aria-label={label}
        placeholder={placeholder}
        defaultValue={typeof value === 'string' ? value : ''}
        onBlur={(event) => write(event.currentTarget.value.trim())}
      />
    </>
  );
}
