/** What passes between the engine and the tools process. */
import type { Failure } from '../../contract/shared.ts';
import type { ToolName } from './table.ts';

export interface ToolRequest {
  readonly id: number;
  readonly tool: ToolName;
  readonly input: unknown;
}

export type ToolReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure };
