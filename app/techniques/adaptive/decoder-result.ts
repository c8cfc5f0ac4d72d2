/** What `lathe adapt` finds out about a decoder. */
import type { TokenPolicy } from './decoder-policy.ts';
import type { Guarantee } from './exit-report.ts';

export interface AdaptDecoderResult {
  readonly kind: 'decoder';
  readonly layers: number;
  readonly meanLayersUsed: number;
  readonly speedup: number;
  readonly speedupRange: readonly [low: number, high: number];
  /** A token; absent where nothing may stop early. */
  readonly milliseconds?: { readonly full: number; readonly adaptive: number };
  readonly metric: {
    readonly name: 'token accuracy';
    readonly full: number;
    readonly adaptive: number;
    readonly loss: number;
  };
  readonly thresholds: TokenPolicy;
  readonly guarantee: Guarantee;
  /** By layer: how often its exit says what the whole model says, on held-out windows. */
  readonly exits: readonly { readonly layer: number; readonly agreement: number }[];
  readonly shortlist: { readonly tokens: number; readonly agreement: number };
  /** Where held-out tokens are answered from, by known text; and in generating. */
  readonly answered: { readonly exit: number; readonly shortlist: number; readonly full: number };
  readonly generated: {
    readonly exit: number;
    readonly shortlist: number;
    readonly full: number;
    readonly sameTokens: number;
  };
  /** How much faster each means makes decoding: the short list and the exits each alone, both, then drafts; only what pays is used. */
  readonly means: readonly {
    readonly name: 'shortlist' | 'exitsAlone' | 'exits' | 'drafts';
    readonly speedup: number;
  }[];
  /** Share of the whole model's weights that a token reads. */
  readonly weightsRead: number;
  readonly bestFixed: { readonly layer: number; readonly loss: number; readonly kept: boolean };
  /** What was generated, token by token, with the layers that ran before each was given. */
  readonly samples: readonly {
    readonly prompt: string;
    readonly pieces: readonly { readonly text: string; readonly layers: number }[];
  }[];
  /** Places of a dial from careful to fast: all that keep the promise. */
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number; readonly weightsRead: number }[];
  readonly windows: {
    readonly train: number;
    readonly tuning: number;
    readonly calibration: number;
    readonly test: number;
  };
  readonly worthwhile: boolean;
  readonly proposals: readonly string[];
  readonly model: string;
}
