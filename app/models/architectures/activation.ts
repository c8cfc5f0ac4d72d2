/** config.json's names of activation functions. */
import { UserError } from '../../contract/errors.ts';
import type { Activation } from './kit.ts';

const NAMES: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  relu: 'relu',
  tanh: 'tanh',
  quick_gelu: 'quick-gelu',
};

/** @throws UserError model/unsupported */
export function readActivation(name: string): Activation {
  if (!Object.hasOwn(NAMES, name))
    throw new UserError('model/unsupported', `the activation "${name}" is not supported`);
  return NAMES[name];
}
