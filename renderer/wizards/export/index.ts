/** The wizard Export. */
import { wizardFeature } from '../frame/wizard-feature.ts';

export const exportWizard = wizardFeature(
  {
    title: 'Export',
    icon: 'export',
    path: '/export',
    group: 'Run',
    command: 'Export a model for another runtime',
    words: 'gguf onnx safetensors save convert',
  },
  () => import('./wizard.ts'),
);
