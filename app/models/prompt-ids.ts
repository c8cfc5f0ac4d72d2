/** A user's question as the model reads it: through its chat template where it has one. */
import type { ChatTemplate } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

export function promptIds(tokenizer: Tokenizer, template: ChatTemplate | undefined, content: string): number[] {
  if (!template) return tokenizer.encode(content, { special: true });
  return tokenizer.encode(template.render({ messages: [{ role: 'user', content }] }, { generationPrompt: true }));
}
