/** What a wizard is: a technique, its screens, and how its form becomes a plan. The frame does the rest. */
import type { ComponentType } from 'react';
import type { ModelDetail } from '../../../app/contract/models.ts';
import type { TechniqueInfo } from '../../../app/contract/techniques.ts';
import type { IconName } from '../../ui/icons.tsx';
import type { Field } from '../form/fields.ts';
import type { Plan, WizardForm } from './plan.ts';

export interface StepProps {
  readonly wizard: WizardDefinition;
  readonly technique: TechniqueInfo;
  readonly fields: readonly Field[];
  readonly form: WizardForm;
  /** Lays the given parts over the form and keeps the draft. */
  readonly change: (part: Partial<WizardForm>) => void;
}

export interface WizardStep {
  readonly id: string;
  /** In the stepper. */
  readonly title: string;
  readonly Screen: ComponentType<StepProps>;
  /** What is still missing, in words; undefined when one may go on. */
  readonly missing: (form: WizardForm) => string | undefined;
}

export interface WizardDefinition {
  /** Name of the technique: the recipe's step. */
  readonly technique: string;
  readonly title: string;
  readonly icon: IconName;
  readonly path: string;
  /** Heads the settings: "How much should it learn?" */
  readonly question: string;
  readonly steps: readonly WizardStep[];
  /** Which of the models that come with Lathe suits it; default the starter. */
  readonly embedded?: 'starter' | 'minilm';
  /** All that it needs to begin at once, with what comes with Lathe: a button on the first screen goes to the review. */
  readonly trial?: { readonly title: string; readonly form: () => Promise<Partial<WizardForm>> };
  /** What the data screen asks for, where there is one. */
  readonly data?: {
    readonly required: boolean;
    readonly heading: string;
    /** What happens without data of one's own, where that may be: "only size and speed are measured". */
    readonly without?: string;
    /** Data sets in no known format will do: a screen of the wizard asks for the columns. */
    readonly anyColumns?: boolean | ((model: ModelDetail) => boolean);
    /** Drawn under the list of data sets. */
    readonly Below?: ComponentType<StepProps>;
    /** Settings that are of one data set only, such as its columns: forgotten when another is chosen. */
    readonly ownOptions?: readonly string[];
    /** Whether the user's own prompts are answered before and after; default true. */
    readonly prompts?: boolean;
    /** Offer the sample of labelled texts that comes with Lathe, by this name. */
    readonly sample?: string;
    /** What stands where there are no data sets yet. */
    readonly empty?: { readonly title: string; readonly example: string };
  };
  /** The data in words, where a screen of the wizard chooses more than one set. */
  readonly dataWords?: (form: WizardForm) => string | undefined;
  /** Settings that a screen of its own asks for: not drawn under Advanced. */
  readonly hidden: readonly string[];
  /** Settings that mean nothing to the chosen model: neither drawn nor in the plan. */
  readonly unused?: (model: ModelDetail, form: WizardForm) => readonly string[];
  /** Beside a preset's name: what it is for. */
  readonly presetUse: Readonly<Record<string, string>>;
  readonly plan: (form: WizardForm, fields: readonly Field[]) => Plan;
  /** "LoRA rank 16, 1 epoch" */
  readonly summary: (fields: readonly Field[], options: WizardForm['options']) => string;
  /** In the foot: "SmolLM2, taught with care-chat". */
  readonly sentence: (form: WizardForm) => string;
}
