/** What of a student's layers is held against its teacher's, as asked for; and the values that this trains with. */
import { UserError } from '../../contract/errors.ts';
import { isProjection, type MatchSpec, teachersOwn } from '../../models/graphs/matching.ts';
import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { normal } from '../../models/initialise.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { Random } from '../../tensor/random.ts';
import { readLayerMap } from './layer-map.ts';
import type { DistillOptions } from './schema.ts';

/**
 * Undefined where nothing of the layers is matched. The teacher's layers are run beside the student's in every step: their
 * states of one token are as many numbers as all that is cached of it a hundred times over, so a cache of them would be
 * larger than the data by the width of the model times its layers, and slower to read than a small teacher is to run.
 * @throws UserError arguments/incompatible, arguments/invalid
 */
export function matchOf(
  teacher: Model,
  student: Model,
  { match, layerMap, matchWeight }: DistillOptions,
): MatchSpec | undefined {
  if (match === 'none') return undefined;
  if (teacher.architecture.kind !== student.architecture.kind) {
    throw new UserError('arguments/incompatible', '--match compares layers that read the same rows');
  }
  if (teacher.config.positionsSkip !== student.config.positionsSkip) {
    throw new UserError('arguments/incompatible', '--match: teacher and student count their positions differently');
  }
  const pairs = readLayerMap(layerMap, student.config.layers, teacher.config.layers);
  return {
    teacher,
    hidden: match.includes('hidden') ? pairs : [],
    attention: match.includes('attention') ? pairs : [],
    weight: matchWeight,
  };
}

/** @throws UserError arguments/incompatible where the way of teaching has no teacher beside the student */
export function refuseMatch({ match, method }: Pick<DistillOptions, 'match' | 'method'>): void {
  if (match === 'none') return;
  throw new UserError('arguments/incompatible', `--match compares layers token by token: not with --method ${method}`);
}

/** First values of all that a graph trains or holds: the student's weights, its teacher's, and projections, which are random. */
export function firstValues(
  { trained }: TrainingGraph,
  student: Model,
  teacher: Model,
  seed: number,
): (name: string) => Promise<Float32Array> {
  return async (name) => {
    const own = teachersOwn(name);
    if (own !== undefined) return readFloats(teacher.weights.get(own)!);
    if (!isProjection(name)) return readFloats(student.weights.get(name)!);
    const [outputs, inputs] = trained.find((weight) => weight.name === name)!.shape;
    const random = new Random([seed, ...[...name].map((character) => character.codePointAt(0)!)]);
    return Float32Array.from({ length: outputs * inputs }, () => normal(random) / Math.sqrt(inputs));
  };
}
