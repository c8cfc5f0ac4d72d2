/** Tensors as a tree of their dotted names, with sizes summed upwards; chains of single children are joined. */
import type { TensorInfo } from '../../../../app/contract/models.ts';

export interface TensorNode {
  /** The whole dotted name down to here. */
  readonly path: string;
  /** What is shown: the last part, or several where nothing branches. */
  readonly label: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly tensor?: TensorInfo;
  readonly children: readonly TensorNode[];
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const byName = new Intl.Collator('en', { numeric: true });

export function tensorTree(tensors: readonly TensorInfo[]): readonly TensorNode[] {
  return level(
    tensors.map((tensor) => ({ tensor, parts: tensor.name.split('.') })),
    0,
    '',
  );
}

interface Named {
  readonly tensor: TensorInfo;
  readonly parts: readonly string[];
}

function level(members: readonly Named[], depth: number, path: string): readonly TensorNode[] {
  const groups = new Map<string, Named[]>();
  for (const member of members) {
    const part = member.parts[depth] ?? '';
    groups.set(part, [...(groups.get(part) ?? []), member]);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => byName.compare(a, b))
    .map(([part, group]) => node(part, group, depth, path === '' ? part : `${path}.${part}`));
}

function node(part: string, group: readonly Named[], depth: number, path: string): TensorNode {
  const bytes = group.reduce((sum, { tensor }) => sum + tensor.bytes, 0);
  const parameters = group.reduce((sum, { tensor }) => sum + product(tensor.shape), 0);
  const [only] = group;
  if (group.length === 1 && only !== undefined) {
    const label = only.parts.slice(depth).join('.');
    return { path: only.tensor.name, label, bytes, parameters, tensor: only.tensor, children: [] };
  }
  const children = level(group, depth + 1, path);
  const [single] = children;
  if (children.length === 1 && single !== undefined && single.tensor === undefined)
    return { ...single, label: `${part}.${single.label}` };
  return { path, label: part, bytes, parameters, children };
}
