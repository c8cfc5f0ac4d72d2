/** All that was chosen on one sheet, and the recipe to keep. Start is in the foot. */
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { RecipeText } from '../../../ui/recipe-text.tsx';
import { type Field, valueText, wordsFor } from '../../form/fields.ts';
import { namedOptions, presetsFor } from '../../form/values.ts';
import type { StepProps } from '../wizard.ts';
import { WITHOUT } from './data.tsx';
import styles from './review.module.css';

export function ReviewScreen({ wizard, technique, fields, form }: StepProps) {
  const plan = wizard.plan(form, fields);
  const recipe = useQuery({
    queryKey: ['techniques', 'recipe', JSON.stringify(plan)],
    queryFn: () => engine.recipes.fromPlan(plan),
  });
  const preset = presetsFor(technique.presets, form.options).find(({ id }) => id === form.preset);
  // What a screen keeps for itself is no setting.
  const named = Object.entries(namedOptions(fields, plan.steps[0]?.options ?? {}));
  return (
    <>
      <Card title="What will be done" label="What will be done">
        <dl className={styles.facts}>
          <dt>Step</dt>
          <dd>
            <b>{wizard.title}</b>, {wizard.summary(fields, form.options)}
          </dd>
          <dt>Model</dt>
          <dd>{form.model?.name}</dd>
          {technique.data !== 'none' && (
            <>
              <dt>{technique.data === 'required' ? 'Data' : 'Measured on'}</dt>
              <dd>
                {wizard.dataWords?.(form) ?? form.dataset?.name ?? `no data chosen: ${wizard.data?.without ?? WITHOUT}`}
              </dd>
            </>
          )}
          {preset !== undefined && (
            <>
              <dt>Preset</dt>
              <dd>{preset.title}</dd>
            </>
          )}
          {named.length > 0 && (
            <>
              <dt>Settings</dt>
              <dd>
                {named
                  .map(
                    ([key, value]) =>
                      `${fields.find((f) => f.key === key)?.label.toLowerCase() ?? key} ${wordsOf(fields, key, value)}`,
                  )
                  .join(', ')}
              </dd>
            </>
          )}
          {technique.data !== 'none' && wizard.data?.prompts !== false && (
            <>
              <dt>Prompts</dt>
              <dd>
                {form.prompts.length === 0
                  ? 'none'
                  : `${counted(form.prompts.length, 'prompt')}, answered before and after`}
              </dd>
            </>
          )}
          <dt>Result</dt>
          <dd>{plan.name}, beside the original, which stays as it is</dd>
        </dl>
      </Card>
      <Card title="Recipe" sub="what the wizard wrote" label="Recipe">
        <Asked query={recipe}>{({ yaml }) => <RecipeText yaml={yaml} />}</Asked>
      </Card>
    </>
  );
}

function wordsOf(fields: readonly Field[], key: string, value: unknown): string {
  const field = fields.find((f) => f.key === key);
  return field ? wordsFor(field, value) : valueText(value);
}
