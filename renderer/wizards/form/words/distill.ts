/** Words of distillation. */
import type { TechniqueWords } from './field-words.ts';
import { learning } from './finetune.ts';

export const distill: TechniqueWords = {
  ...learning,
  method: {
    label: 'How it learns',
    choices: {
      logits: 'From every thought of the teacher',
      sequence: 'From answers the teacher writes',
      'on-policy': 'From its own texts, judged by the teacher',
    },
    common: true,
  },
  temperature: { help: 'Above 1, what the teacher thinks less likely counts more.', common: true },
  alpha: { label: 'Weight of the teacher', help: 'The rest goes to the answers in the data.', common: true },
  divergence: {
    label: 'Divergence',
    choices: { forward: 'Forward: cover all', reverse: 'Reverse: only what is sure', jsd: 'In between' },
  },
  topK: { label: 'Tokens kept', help: 'Of each thought of the teacher: a number, all, or auto.' },
  match: {
    label: 'Layers held against the teacher’s',
    help: 'Besides the answers. The teacher then runs in every step.',
    choices: {
      none: 'None',
      hidden: 'What they make of each token',
      attention: 'Where each token looks',
      'hidden,attention': 'Both',
    },
  },
  layerMap: { label: 'Which layers', help: 'even, last, or pairs of student=teacher such as 1=2,2=4.' },
  matchWeight: { label: 'Weight of the layers' },
  maxAnswer: { label: 'Longest answer', unit: 'tokens' },
  roundSteps: { label: 'Steps a round', unit: 'steps', help: 'The student writes the texts of so many steps at once.' },
  sampling: { label: 'Freedom of the answers', help: '0: the likeliest words; higher: more varied ones.' },
};
