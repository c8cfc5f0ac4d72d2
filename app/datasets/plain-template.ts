/** The conversation format for models that bring no chat template of their own. */
import { ChatTemplate } from '../models/chat-template.ts';
import type { Tokenizer } from '../models/tokenizer.ts';

/**
 * Each message is a heading, its text and a blank line; an answer ends with the model's end-of-text token:
 *
 *     ### User:
 *     What is the capital of France?
 *
 *     ### Assistant:
 *     Paris<eos>
 */
const SOURCE = `{% for message in messages %}
{{ '### ' + message['role'] | capitalize + ':\\n' + message['content'] }}
{%- if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n\\n' }}
{%- endfor %}
{% if add_generation_prompt %}{{ '### Assistant:\\n' }}{% endif %}`;

export function plainTemplate(tokenizer: Tokenizer): ChatTemplate {
  const token = tokenizer.eosId === undefined ? undefined : tokenizer.idToToken(tokenizer.eosId);
  return new ChatTemplate(new Map([['default', SOURCE]]), { eos_token: token ?? '' });
}
