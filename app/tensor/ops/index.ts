/** All operators. A new one is a new file and a line here. */
import type { Op } from '../op.ts';
import { abs } from './abs.ts';
import { add } from './add.ts';
import { and } from './and.ts';
import { argMax } from './arg-max.ts';
import { argMin } from './arg-min.ts';
import { attention } from './attention.ts';
import { averagePool } from './average-pool.ts';
import { bitShift } from './bit-shift.ts';
import { bitwiseAnd } from './bitwise-and.ts';
import { bitwiseOr } from './bitwise-or.ts';
import { cast } from './cast.ts';
import { ceil } from './ceil.ts';
import { clip } from './clip.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { constantOfShape } from './constant-of-shape.ts';
import { conv } from './conv.ts';
import { convTranspose } from './conv-transpose.ts';
import { cos } from './cos.ts';
import { crossEntropy } from './cross-entropy.ts';
import { cumSum } from './cum-sum.ts';
import { dequantizeLinear } from './dequantize-linear.ts';
import { detach } from './detach.ts';
import { div } from './div.ts';
import { dropout } from './dropout.ts';
import { dynamicQuantizeLinear } from './dynamic-quantize-linear.ts';
import { dynamicQuantizeMatMul } from './dynamic-quantize-mat-mul.ts';
import { einsum } from './einsum.ts';
import { elu } from './elu.ts';
import { equal } from './equal.ts';
import { erf } from './erf.ts';
import { exp } from './exp.ts';
import { expand } from './expand.ts';
import { eyeLike } from './eye-like.ts';
import { flatten } from './flatten.ts';
import { floor } from './floor.ts';
import { frozenHeadLoss } from './frozen-head-loss.ts';
import { fusedMatMul } from './fused-mat-mul.ts';
import { gather } from './gather.ts';
import { gatherBlockQuantized } from './gather-block-quantized.ts';
import { gatherElements } from './gather-elements.ts';
import { gatherNd } from './gather-nd.ts';
import { gelu } from './gelu.ts';
import { gemm } from './gemm.ts';
import { globalAveragePool } from './global-average-pool.ts';
import { globalMaxPool } from './global-max-pool.ts';
import { greater } from './greater.ts';
import { greaterOrEqual } from './greater-or-equal.ts';
import { groupQueryAttention } from './group-query-attention.ts';
import { hardSigmoid } from './hard-sigmoid.ts';
import { hardSwish } from './hard-swish.ts';
import { identity } from './identity.ts';
import { isInf } from './is-inf.ts';
import { isNan } from './is-nan.ts';
import { klDivergence } from './kl-divergence.ts';
import { layerNormalization } from './layer-normalization.ts';
import { leakyRelu } from './leaky-relu.ts';
import { less } from './less.ts';
import { lessOrEqual } from './less-or-equal.ts';
import { linearCrossEntropy } from './linear-cross-entropy.ts';
import { log } from './log.ts';
import { logSoftmax } from './log-softmax.ts';
import { matMul } from './mat-mul.ts';
import { matMulInteger } from './mat-mul-integer.ts';
import { matMulIntegerToFloat } from './mat-mul-integer-to-float.ts';
import { matMulNBits } from './mat-mul-n-bits.ts';
import { max } from './max.ts';
import { maxPool } from './max-pool.ts';
import { meanSquaredError } from './mean-squared-error.ts';
import { min } from './min.ts';
import { mish } from './mish.ts';
import { mod } from './mod.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { nonZero } from './non-zero.ts';
import { not } from './not.ts';
import { oneHot } from './one-hot.ts';
import { or } from './or.ts';
import { pRelu } from './p-relu.ts';
import { pad } from './pad.ts';
import { pick } from './pick.ts';
import { pow } from './pow.ts';
import { quantizeLinear } from './quantize-linear.ts';
import { quickGelu } from './quick-gelu.ts';
import { range } from './range.ts';
import { reciprocal } from './reciprocal.ts';
import { reduceL1 } from './reduce-l1.ts';
import { reduceL2 } from './reduce-l2.ts';
import { reduceLogSumExp } from './reduce-log-sum-exp.ts';
import { reduceMax } from './reduce-max.ts';
import { reduceMean } from './reduce-mean.ts';
import { reduceMin } from './reduce-min.ts';
import { reduceProd } from './reduce-prod.ts';
import { reduceSum } from './reduce-sum.ts';
import { reduceSumSquare } from './reduce-sum-square.ts';
import { relu } from './relu.ts';
import { reshape } from './reshape.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { round } from './round.ts';
import { scatterElements } from './scatter-elements.ts';
import { scatterNd } from './scatter-nd.ts';
import { selu } from './selu.ts';
import { shape } from './shape.ts';
import { shortlistLogSoftmax } from './shortlist-log-softmax.ts';
import { sigmoid } from './sigmoid.ts';
import { sign } from './sign.ts';
import { simplifiedLayerNormalization } from './simplified-layer-normalization.ts';
import { sin } from './sin.ts';
import { size } from './size.ts';
import { skipSimplifiedLayerNormalization } from './skip-simplified-layer-normalization.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { softplus } from './softplus.ts';
import { softsign } from './softsign.ts';
import { split } from './split.ts';
import { sqrt } from './sqrt.ts';
import { squeeze } from './squeeze.ts';
import { sub } from './sub.ts';
import { swiGlu } from './swi-glu.ts';
import { tanh } from './tanh.ts';
import { tile } from './tile.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { trilu } from './trilu.ts';
import { unsqueeze } from './unsqueeze.ts';
import { where } from './where.ts';
import { xor } from './xor.ts';

/** Each operator's attributes are its own; whoever walks the list knows only that they are described. */
const LIST = {
  Abs: abs,
  Add: add,
  And: and,
  ArgMax: argMax,
  ArgMin: argMin,
  Attention: attention,
  AveragePool: averagePool,
  BitShift: bitShift,
  BitwiseAnd: bitwiseAnd,
  BitwiseOr: bitwiseOr,
  Cast: cast,
  Ceil: ceil,
  Clip: clip,
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  ConvTranspose: convTranspose,
  Cos: cos,
  CrossEntropy: crossEntropy,
  CumSum: cumSum,
  DequantizeLinear: dequantizeLinear,
  Detach: detach,
  Div: div,
  Dropout: dropout,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  Einsum: einsum,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  Floor: floor,
  FrozenHeadLoss: frozenHeadLoss,
  FusedMatMul: fusedMatMul,
  Gather: gather,
  GatherBlockQuantized: gatherBlockQuantized,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Gelu: gelu,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  Greater: greater,
  GreaterOrEqual: greaterOrEqual,
  GroupQueryAttention: groupQueryAttention,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Identity: identity,
  IsInf: isInf,
  IsNaN: isNan,
  KlDivergence: klDivergence,
  LayerNormalization: layerNormalization,
  LeakyRelu: leakyRelu,
  Less: less,
  LessOrEqual: lessOrEqual,
  Log: log,
  LinearCrossEntropy: linearCrossEntropy,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  MatMulNBits: matMulNBits,
  Max: max,
  MaxPool: maxPool,
  MeanSquaredError: meanSquaredError,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Neg: neg,
  NonZero: nonZero,
  Not: not,
  OneHot: oneHot,
  Or: or,
  Pad: pad,
  Pick: pick,
  Pow: pow,
  PRelu: pRelu,
  QuantizeLinear: quantizeLinear,
  QuickGelu: quickGelu,
  Range: range,
  Reciprocal: reciprocal,
  ReduceL1: reduceL1,
  ReduceL2: reduceL2,
  ReduceLogSumExp: reduceLogSumExp,
  ReduceMax: reduceMax,
  ReduceMean: reduceMean,
  ReduceMin: reduceMin,
  ReduceProd: reduceProd,
  ReduceSum: reduceSum,
  ReduceSumSquare: reduceSumSquare,
  Relu: relu,
  Reshape: reshape,
  RmsNorm: rmsNorm,
  RotaryEmbedding: rotaryEmbedding,
  Round: round,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Selu: selu,
  Shape: shape,
  ShortlistLogSoftmax: shortlistLogSoftmax,
  Sigmoid: sigmoid,
  Sign: sign,
  SimplifiedLayerNormalization: simplifiedLayerNormalization,
  Sin: sin,
  Size: size,
  SkipSimplifiedLayerNormalization: skipSimplifiedLayerNormalization,
  Slice: slice,
  Softmax: softmax,
  Softplus: softplus,
  Softsign: softsign,
  Split: split,
  Sqrt: sqrt,
  Squeeze: squeeze,
  Sub: sub,
  SwiGlu: swiGlu,
  Tanh: tanh,
  Tile: tile,
  TopK: topK,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
  Where: where,
  Xor: xor,
};

export type OpName = keyof typeof LIST;

export const OPS = LIST as unknown as Readonly<Record<string, Op>>;

const byDomain = new Map(Object.values(OPS).map((op) => [`${op.domain}:${op.type}`, op]));

export const findOp = (type: string, domain: string): Op | undefined => byDomain.get(`${domain}:${type}`);
