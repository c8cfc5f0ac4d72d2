/** BERT's own cleaning and word rule, as the Rust library does them. */
import { ACCENT, CONTROL, PUNCTUATION } from './bert-characters.ts';
import type { Configuration } from './configuration.ts';
import { lower } from './unicode.ts';

const REMOVED = new RegExp(`[${CONTROL}]`, 'gu');
const ACCENTS = new RegExp(`[${ACCENT}]`, 'gu');

const IDEOGRAPH =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

export const BERT_WORDS = new RegExp(`[^\\p{White_Space}${PUNCTUATION}]+|[${PUNCTUATION}]`, 'gu');

/** Cleans control characters, isolates ideographs, lowercases and strips accents, each as configured. */
export function bertNormalizer(configuration: Configuration): (text: string) => string {
  const lowercase = configuration.lowercase !== false;
  const stripAccents = configuration.strip_accents === true || (configuration.strip_accents !== false && lowercase);
  return (text) => {
    let result = text;
    if (configuration.clean_text !== false) result = clean(result);
    if (configuration.handle_chinese_chars !== false) result = result.replace(IDEOGRAPH, ' $& ');
    if (stripAccents) result = result.normalize('NFD').replace(ACCENTS, '');
    if (lowercase) result = lower(result);
    return result;
  };
}

function clean(text: string): string {
  return text.replace(REMOVED, '').replace(/\p{White_Space}/gu, ' ');
}
