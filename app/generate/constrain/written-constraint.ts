/** What a user writes about the form of one answer, as a constraint on a tokenizer's tokens. */
import { UserError } from '../../contract/errors.ts';
import { tokenBytes } from '../../models/token-bytes.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import type { Constraint } from '../batch/sequence.ts';
import type { Grammar } from './expression.ts';
import { parseGrammar } from './gbnf.ts';
import { grammarOfSchema } from './json-schema.ts';
import type { Schema } from './schema-keywords.ts';
import { TokenGrammar, TokenTrie } from './token-constraint.ts';

/** @param text the schema as JSON; @throws UserError schema/unsupported, schema/unsatisfiable */
export function schemaConstraint(text: string, tokenizer: Tokenizer): Constraint {
  let schema: Schema;
  try {
    schema = JSON.parse(text) as Schema;
  } catch (cause) {
    throw new UserError('schema/unsupported', `the schema is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  return constraintOf(grammarOfSchema(schema), tokenizer);
}

/** @param text in the notation of llama.cpp's GBNF; @throws UserError schema/unsupported, schema/unsatisfiable */
export const grammarConstraint = (text: string, tokenizer: Tokenizer): Constraint =>
  constraintOf(parseGrammar(text), tokenizer);

function constraintOf(grammar: Grammar, tokenizer: Tokenizer): Constraint {
  const trie = new TokenTrie(tokenizer.vocabularySize, tokenBytes(tokenizer));
  return new TokenGrammar(grammar, trie, tokenizer.stopIds).begin();
}
