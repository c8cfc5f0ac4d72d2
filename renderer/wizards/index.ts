/** The wizards, in the order of the sidebar: one folder and one line each. */
import type { WizardFeature } from '../app/feature.ts';

export const wizards: readonly WizardFeature[] = [];
