/** A quantized matrix whose codes and scales are trained: what lies behind each code moves until it rounds to another. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { TrainedWeight } from './distil.ts';
import { FIRST, GroupAdam, SECOND } from './group-adam.ts';
import { type BlockOptions, BlockWriter, type QuantizedBlocks } from './rtn.ts';
import { dequantizeBlocks, gridsOf } from './unpack.ts';

/** Scales move less than codes: each moves many weights at once, and in deep models at full rate they run away. */
const SCALE_SHARE = 0.1;
/**
 * How far from its code a number may lie at most, at first: just not at the next. Wider gaps between numbers and edges make
 * the first steps change nothing, and then many codes at once: deep models run away.
 */
const EDGE = 0.499;

/**
 * Quantization-aware training with the straight-through estimator (Bengio et al. 2013): the graph computes with the
 * rounded weights, their gradient moves the numbers u behind them, which are counted in steps of the grid; a weight is
 * (round(u) - zero point) * scale. Each step is Adam's with one second moment a group (Zhang et al. 2024).
 */
export class TrainedCodes implements TrainedWeight {
  readonly current: Float32Array;
  readonly #grid: BlockOptions;
  readonly #spec: LinearSpec;
  readonly #groups: number;
  /** In the order of the file, as the means of its gradient. */
  readonly #behind: Float32Array;
  readonly #means: Float32Array;
  /** [outputs, groups] */
  readonly #squares: Float32Array;
  readonly #scales: Float32Array;
  readonly #zeros: Uint8Array;
  readonly #adam: GroupAdam;

  /** @param weights [outputs, inputs] before rounding: says on which side of its code each one lies */
  constructor(weights: Float32Array, blocks: QuantizedBlocks, spec: LinearSpec, grid: BlockOptions) {
    const { inputs, outputs } = spec;
    const { groups } = blocks;
    this.#grid = grid;
    this.#spec = spec;
    this.#groups = groups;
    this.current = new Float32Array(weights.length);
    this.#behind = new Float32Array(weights.length);
    this.#means = new Float32Array(weights.length);
    this.#squares = new Float32Array(outputs * groups);
    this.#adam = new GroupAdam(outputs * groups);
    const { scales, zeros } = gridsOf(blocks, grid);
    this.#scales = scales;
    this.#zeros = zeros;
    const rounded = dequantizeBlocks(blocks, outputs, inputs, grid);
    const [down, across] = this.#strides();
    const most = 2 ** grid.bits - 1;
    for (let row = 0; row < outputs; row++) {
      for (let i = 0; i < inputs; i++) {
        const g = row * groups + Math.floor(i / grid.groupSize);
        const at = row * inputs + i;
        const place = row * down + i * across;
        this.current[place] = rounded[at];
        const code = scales[g] === 0 ? zeros[g] : Math.round(rounded[at] / scales[g]) + zeros[g];
        const exact = scales[g] === 0 ? code : weights[at] / scales[g] + zeros[g];
        // GPTQ may end codes away from the weight, and AWQ scales it: where it lies between two codes is as good as chance then,
        // and what counts is that numbers lie everywhere, so that as much changes in a step as it moves.
        const inside = Math.min(most, Math.max(0, exact));
        this.#behind[place] = code + Math.min(EDGE, Math.max(-EDGE, inside - Math.round(inside)));
      }
    }
  }

  /** Places from an output to the next and from an input to the next, in the order of the file. */
  #strides(): readonly [number, number] {
    return this.#spec.layout === 'in-out' ? [1, this.#spec.outputs] : [this.#spec.inputs, 1];
  }

  step(slope: Float32Array, rate: number, count: number): void {
    const { inputs, outputs } = this.#spec;
    const { bits, groupSize } = this.#grid;
    const { current } = this;
    const [behind, means, scales, zeros] = [this.#behind, this.#means, this.#scales, this.#zeros];
    const most = 2 ** bits - 1 + EDGE;
    const [down, across] = this.#strides();
    const groups = this.#groups;
    const [warm, warmSquares] = [1 - FIRST ** count, 1 - SECOND ** count];
    for (let row = 0; row < outputs; row++) {
      for (let group = 0; group < groups; group++) {
        const g = row * groups + group;
        const first = row * down + group * groupSize * across;
        const size = Math.min(groupSize, inputs - group * groupSize);
        const end = first + size * across;
        const scale = scales[g];
        let [squares, stretch] = [0, 0];
        for (let at = first; at < end; at += across) {
          const by = slope[at] * scale;
          means[at] += (1 - FIRST) * (by - means[at]);
          squares += by * by;
          stretch += slope[at] * current[at];
        }
        this.#squares[g] += (1 - SECOND) * (squares / size - this.#squares[g]);
        const spread = Math.sqrt(this.#squares[g] / warmSquares) + 1e-20;
        const pace = rate / spread / warm;
        const next = scale * Math.exp(-rate * SCALE_SHARE * this.#adam.direction(g, stretch, count));
        scales[g] = next;
        const zero = zeros[g];
        for (let at = first; at < end; at += across) {
          let u = behind[at] - pace * means[at];
          if (u < -EDGE) u = -EDGE;
          else if (u > most) u = most;
          behind[at] = u;
          current[at] = (Math.floor(u + 0.5) - zero) * next;
        }
      }
    }
  }

  blocks(): QuantizedBlocks {
    const { inputs, outputs } = this.#spec;
    const { groupSize } = this.#grid;
    const [down, across] = this.#strides();
    const writer = new BlockWriter(outputs, this.#groups, this.#grid);
    for (let row = 0; row < outputs; row++) {
      for (let group = 0; group < this.#groups; group++) {
        const zeroPoint = this.#zeros[row * this.#groups + group];
        writer.setGrid(row, group, { scale: this.#scales[row * this.#groups + group], zeroPoint });
        for (let k = 0; k < groupSize; k++) {
          const i = group * groupSize + k;
          const code = i < inputs ? Math.floor(this.#behind[row * down + i * across] + 0.5) : zeroPoint;
          writer.setCode(row, group, k, code);
        }
      }
    }
    return writer.finish();
  }
}
