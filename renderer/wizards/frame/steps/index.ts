/** Screens that wizards share. A wizard names those it needs, in its order. */
import type { WizardStep } from '../wizard.ts';
import { DataScreen } from './data.tsx';
import { ModelScreen } from './model.tsx';
import { ReviewScreen } from './review.tsx';
import { SettingsScreen } from './settings.tsx';

export const modelStep = (): WizardStep => ({
  id: 'model',
  title: 'Model',
  Screen: ModelScreen,
  missing: (form) => (form.model === undefined ? 'Choose a model' : undefined),
});

export const dataStep = (required: boolean): WizardStep => ({
  id: 'data',
  title: 'Data',
  Screen: DataScreen,
  missing: (form) => (required && form.dataset === undefined ? 'Choose a data set' : undefined),
});

export const settingsStep: WizardStep = {
  id: 'settings',
  title: 'Settings',
  Screen: SettingsScreen,
  missing: () => undefined,
};

export const reviewStep: WizardStep = {
  id: 'review',
  title: 'Review',
  Screen: ReviewScreen,
  missing: () => undefined,
};
