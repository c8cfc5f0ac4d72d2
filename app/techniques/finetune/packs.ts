/** Which trained weights and gradients travel together: neighbours in the arena, so that a pack is a view of it. */
import type { Pack } from '../../onnx/pack-transfers.ts';
import type { ParameterArena, ParameterSpec } from '../../tensor/optimisers/arena.ts';

/** Elements of a pack: large tensors travel by themselves, and no device need hold more in one piece. */
const MOST = 2 ** 22;

export interface TrainedPack extends Pack {
  /** What lies there in a slot of the arena. */
  view(slot: number): Float32Array;
}

/** Packs of two members at least; the others are bound one by one. */
export function packsOf(arena: ParameterArena): TrainedPack[] {
  const packs: TrainedPack[] = [];
  let members: (ParameterSpec & { readonly room: number })[] = [];
  const close = () => {
    const [first] = members;
    const length = members.reduce((sum, { room }) => sum + room, 0);
    if (members.length > 1) {
      const view = (slot: number) => {
        const { buffer, byteOffset } = arena.view(first.name, slot);
        return new Float32Array(buffer, byteOffset, length);
      };
      packs.push({ name: `packed.${packs.length}`, members, view });
    }
    members = [];
  };
  let block: unknown;
  let total = 0;
  for (const spec of arena.parameters) {
    const { elements: room, kernels } = arena.part(spec.name);
    if (kernels !== block || total + room > MOST) {
      close();
      total = 0;
    }
    block = kernels;
    total += room;
    members.push({ ...spec, room });
  }
  close();
  return packs;
}
