/** How models write the calls of tools into their text: each family its own way, which its chat template shows. */

export interface ToolFormat {
  readonly name: string;
  /** Whether a chat template asks its model for this format. */
  asks(template: string): boolean;
  /** What stands before and after a call; empty: the whole text is the call. */
  readonly open: string;
  readonly close: string;
  /** Under which name a call has its arguments. */
  readonly arguments: 'arguments' | 'parameters';
}

export const TOOL_FORMATS: readonly ToolFormat[] = [
  {
    // Hermes, Qwen 2.5 and 3, SmolLM3.
    name: 'tool_call',
    asks: (template) => template.includes('<tool_call>') && template.includes('"arguments"'),
    open: '<tool_call>',
    close: '</tool_call>',
    arguments: 'arguments',
  },
  {
    name: 'llama3',
    asks: (template) => template.includes('"parameters": dictionary of argument name and its value'),
    open: '',
    close: '',
    arguments: 'parameters',
  },
];
