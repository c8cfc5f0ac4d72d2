/** The two or three things that make sense after a job. Pure. */
import type { JobDetail } from '../../../../app/contract/jobs.ts';
import type { IconName } from '../../../ui/icons.tsx';

export interface NextStep {
  readonly title: string;
  readonly text: string;
  readonly icon: IconName;
  readonly to: string;
}

type Finished = Pick<JobDetail, 'techniques' | 'results' | 'exports' | 'model' | 'datasetId'> &
  Partial<Pick<JobDetail, 'steps'>>;

export function nextSteps({ techniques, results, model, datasetId, steps = [] }: Finished): NextStep[] {
  const made = results.at(-1) ?? model;
  if (made === undefined)
    return [{ title: 'See all models', text: 'What is in the library', icon: 'models', to: '/models' }];
  const last = techniques.filter((name) => name !== 'export').at(-1) ?? 'export';
  const both = model !== undefined && model !== made;
  const chat: NextStep = {
    title: both ? 'Chat with both versions' : 'Chat with it',
    text: both ? 'Same prompt, side by side' : 'In the playground',
    icon: 'chat',
    to: `/playground?left=${encodeURIComponent(both ? model : made)}${both ? `&right=${encodeURIComponent(made)}` : ''}`,
  };
  const data = datasetId === undefined ? '' : `&dataset=${datasetId}`;
  const about = `model=${encodeURIComponent(made)}`;
  const quantize: NextStep = {
    title: 'Make it smaller',
    text: 'Quantize to 4 or 8 bits',
    icon: 'quant',
    to: `/quantize?${about}${data}`,
  };
  const profile: NextStep = {
    title: 'Measure it thoroughly',
    text: 'Speed at several context lengths',
    icon: 'gauge',
    to: `/profile?${about}`,
  };
  const compare: NextStep = {
    title: 'Compare all versions',
    text: 'Quality against size, speed, memory',
    icon: 'compare',
    to: '/compare',
  };
  const take: NextStep = {
    title: 'Export it',
    text: 'GGUF, ONNX or safetensors, checked',
    icon: 'export',
    to: `/export?${about}`,
  };
  if (techniques.includes('export')) return [chat, compare, ...(last === 'export' ? [profile] : [])];
  // A classifier is no partner for a chat.
  if (last === 'distill' && steps.some(({ after }) => after?.accuracy !== undefined)) return [compare, take];
  switch (last) {
    case 'transfer':
      return [{ ...take, text: 'ONNX or safetensors, checked' }, compare];
    case 'finetune':
    case 'distill':
      return [chat, quantize, take];
    case 'quantize':
    case 'optimize':
    case 'prune':
      return [chat, profile, take];
    case 'adapt':
      return [take, compare];
    case 'profile':
      return [compare, quantize, take];
    case 'import':
    case 'download':
      return [
        chat,
        { title: 'Teach it your data', text: 'Fine-tune it', icon: 'tune', to: `/finetune?${about}` },
        profile,
      ];
    default:
      return [chat, compare, take];
  }
}
