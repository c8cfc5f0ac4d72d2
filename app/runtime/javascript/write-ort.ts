/** Lets ONNX Runtime write the graph that it made of a model: as `.ort`, which its mobile builds load without a parser, or as `.onnx`. */
import * as ort from 'onnxruntime-node';
import { asUserError } from './session.ts';

/**
 * Rewrites that suit every processor, none that suits only this one.
 * @param target a name that ends in .ort or .onnx decides the format
 * @throws UserError runtime/failed
 */
export async function writeOptimized(model: string, target: string): Promise<void> {
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath: target,
    });
    await session.release();
  } catch (error) {
    throw asUserError(error);
  }
}
