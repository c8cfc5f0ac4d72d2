/** The sizes of a student before it is there: from its teacher's, and what was asked for. */
import { layersKept, readStudentSpec, sizesOf } from '../../techniques/distill/student-spec.ts';
import type { ModelShape } from './shape.ts';

/** @returns undefined for the name of a model, whose shape is its own; @throws UserError arguments/invalid */
export function studentShape(teacher: ModelShape, wanted: string): ModelShape | undefined {
  const spec = readStudentSpec(wanted);
  if (!spec) return undefined;
  const embeddings = (width: number) => teacher.vocabulary * width * (teacher.untied ? 2 : 1);
  const { width, inner, layers, heads } = teacher;
  const ofLayer = (teacher.parameters - embeddings(width)) / layers;
  const forward = Math.min(ofLayer, 3 * width * inner);
  const asked = spec.kind === 'fresh' ? spec.sizes : { layers: layersKept(spec, layers).length };
  const sizes = sizesOf(asked, { layers, width, heads, groups: heads, inner });
  const wide = sizes.width / width;
  const layer = (ofLayer - forward) * wide ** 2 + forward * wide * (sizes.inner / inner);
  const parameters = Math.round(embeddings(sizes.width) + sizes.layers * layer);
  const sizeBytes = (teacher.sizeBytes * parameters) / teacher.parameters;
  return {
    ...teacher,
    layers: sizes.layers,
    width: sizes.width,
    heads: sizes.heads,
    inner: sizes.inner,
    parameters,
    sizeBytes,
  };
}
