/** A quantized matrix whose codes and scales are trained: what lies behind each code moves until it rounds to another. */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { TrainedWeight } from './distil.ts';
import { FIRST, GroupAdam, SECOND } from './group-adam.ts';
import { type BlockOptions, BlockWriter, type QuantizedBlocks } from './rtn.ts';
import { dequantizeBlocks, gridsOf } from './unpack.ts';

/** Scales move less than codes: each moves many weights at once, and in deep models at full rate they run away. */
const SCALE_SHARE = 0.1;
/** What lies behind a code stays this far from the edge between it and the next, at first. */
const EDGE = 0.45;
/** Steps of the grid. */
const NEAR = 1.5;

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
  /** [outputs, inputs] */
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
    for (let row = 0; row < outputs; row++) {
      for (let i = 0; i < inputs; i++) {
        const g = row * groups + Math.floor(i / grid.groupSize);
        const at = row * inputs + i;
        this.current[row * down + i * across] = rounded[at];
        const code = scales[g] === 0 ? zeros[g] : Math.round(rounded[at] / scales[g]) + zeros[g];
        const exact = scales[g] === 0 ? code : weights[at] / scales[g] + zeros[g];
        // GPTQ may end far from the weight, and AWQ scales it: that says nothing of a side.
        const near = Math.abs(exact - code) <= NEAR ? exact : code;
        this.#behind[at] = Math.min(code + EDGE, Math.max(code - EDGE, near));
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
    const [current, behind, means] = [this.current, this.#behind, this.#means];
    const most = 2 ** bits - 1;
    const [down, across] = this.#strides();
    const groups = this.#groups;
    const warm = 1 - FIRST ** count;
    for (let row = 0; row < outputs; row++) {
      for (let group = 0; group < groups; group++) {
        const g = row * groups + group;
        const begin = row * inputs + group * groupSize;
        const size = Math.min(groupSize, inputs - group * groupSize);
        const first = row * down + group * groupSize * across;
        const scale = this.#scales[g];
        let [squares, stretch] = [0, 0];
        for (let k = 0, at = first; k < size; k++, at += across) {
          const by = slope[at] * scale;
          means[begin + k] += (1 - FIRST) * (by - means[begin + k]);
          squares += by * by;
          stretch += slope[at] * current[at];
        }
        this.#squares[g] += (1 - SECOND) * (squares / size - this.#squares[g]);
        const spread = Math.sqrt(this.#squares[g] / (1 - SECOND ** count)) + 1e-20;
        const pace = rate / spread / warm;
        const next = scale * Math.exp(-rate * SCALE_SHARE * this.#adam.direction(g, stretch, count));
        this.#scales[g] = next;
        const zero = this.#zeros[g];
        for (let k = 0, at = first; k < size; k++, at += across) {
          let u = behind[begin + k] - pace * means[begin + k];
          if (u < -EDGE) u = -EDGE;
          else if (u > most + EDGE) u = most + EDGE;
          behind[begin + k] = u;
          current[at] = (Math.floor(u + 0.5) - zero) * next;
        }
      }
    }
  }

  blocks(): QuantizedBlocks {
    const { inputs, outputs } = this.#spec;
    const { groupSize } = this.#grid;
    const writer = new BlockWriter(outputs, this.#groups, this.#grid);
    for (let row = 0; row < outputs; row++) {
      for (let group = 0; group < this.#groups; group++) {
        const zeroPoint = this.#zeros[row * this.#groups + group];
        writer.setGrid(row, group, { scale: this.#scales[row * this.#groups + group], zeroPoint });
        for (let k = 0; k < groupSize; k++) {
          const i = group * groupSize + k;
          const code = i < inputs ? Math.floor(this.#behind[row * inputs + i] + 0.5) : zeroPoint;
          writer.setCode(row, group, k, code);
        }
      }
    }
    return writer.finish();
  }
}
