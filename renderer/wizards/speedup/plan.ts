/** Speed up's form as a plan: ways of running are tried for a while; the model changes only where that is allowed. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export const speedupPlan = (form: WizardForm, fields: readonly Field[]): Plan =>
  planOf('optimize', `${shortName(form.model?.name ?? 'model')}-fast`, form, fields);

const GOALS: Readonly<Record<string, string>> = {
  latency: 'one answer soonest',
  throughput: 'most tokens of many requests',
  memory: 'least memory',
};

/** "one answer soonest, 60 seconds, same answers" */
export function speedupSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const setting = (key: string) => settingOf(fields, options, key);
  const goal = GOALS[String(setting('goal') ?? 'latency')];
  const prompt = setting('promptTokens');
  const after = typeof prompt === 'number' ? ` after ${prompt} tokens` : '';
  const limit = setting('maxDivergence');
  const change =
    typeof limit === 'number'
      ? `at most ${limit} nats a token apart`
      : setting('allowQuantized') === true
        ? 'smaller formats too'
        : 'same answers';
  return `${goal}${after}, ${Number(setting('budget') ?? 60)} seconds, ${change}`;
}
