/** The pre-tokenizers of tokenizer.json: they cut text into the words that the model sees one by one. */
import { BERT_WORDS } from './bert.ts';
import { PUNCTUATION } from './bert-characters.ts';
import { toByteCharacters } from './byte-level.ts';
import { type Configuration, invalid, objectAt } from './configuration.ts';
import { behaviorOf, compilePattern, patternList, splitBy } from './patterns.ts';
import { WHITE_SPACE } from './unicode.ts';

/** `atStart`: the text begins where the user's text begins, which some schemes treat in a special way. */
export type PreTokenizer = (text: string, atStart: boolean) => string[];

export interface PreTokenization {
  readonly split: PreTokenizer;
  /** The words are still text: the model must see them as byte characters (so a word cache needs no conversion). */
  readonly bytes: boolean;
}

/** @throws UserError tokenizer/invalid */
export function createPreTokenizer(value: unknown): PreTokenization {
  if (value === null || value === undefined) return { split: (text) => [text], bytes: false };
  const steps = flatten(objectAt(value, 'pre_tokenizer'));
  const bytes = steps.at(-1)?.type === 'ByteLevel';
  const functions = steps.map((step, i) => createStep(step, bytes && i === steps.length - 1));
  if (functions.length === 1) return { split: functions[0], bytes };
  const split: PreTokenizer = (text, atStart) => {
    let words = [text];
    for (const step of functions) {
      const next: string[] = [];
      for (let i = 0; i < words.length; i += 1) {
        const pieces = step(words[i], atStart && i === 0);
        for (const piece of pieces) next.push(piece);
      }
      words = next;
    }
    return words;
  };
  return { split, bytes };
}

function flatten(configuration: Configuration): Configuration[] {
  if (configuration.type !== 'Sequence') return [configuration];
  return patternList(configuration.pretokenizers, 'pre_tokenizer.pretokenizers').flatMap(flatten);
}

const GPT2_WORDS = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${WHITE_SPACE}\\p{L}\\p{N}]+|${WHITE_SPACE}+(?!\\P{White_Space})|${WHITE_SPACE}+`,
  'gu',
);
const PUNCTUATION_MARK = new RegExp(`[${PUNCTUATION}]`, 'gu');
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
const NOT_SPACE = /\P{White_Space}+/gu;

function createStep(configuration: Configuration, keepText: boolean): PreTokenizer {
  switch (configuration.type) {
    case 'ByteLevel':
      return byteLevel(configuration, keepText);
    case 'Digits': {
      const behavior = configuration.individual_digits ? 'Isolated' : 'Contiguous';
      return (text) => splitBy(text, /\p{N}/gu, behavior);
    }
    case 'Split': {
      const pattern = compilePattern(configuration.pattern, 'pre_tokenizer.pattern');
      const behavior = behaviorOf(configuration);
      const invert = configuration.invert === true;
      return (text) => splitBy(text, pattern, behavior, invert);
    }
    case 'Punctuation': {
      const behavior = behaviorOf({ behavior: configuration.behavior ?? 'Isolated' });
      return (text) => splitBy(text, PUNCTUATION_MARK, behavior);
    }
    case 'Whitespace':
      return (text) => text.match(WORDS) ?? [];
    case 'WhitespaceSplit':
      return (text) => text.match(NOT_SPACE) ?? [];
    case 'BertPreTokenizer':
      return (text) => text.match(BERT_WORDS) ?? [];
    case 'Metaspace':
      return metaspace(configuration);
    case 'CharDelimiterSplit': {
      const delimiter = String(configuration.delimiter);
      return (text) => text.split(delimiter).filter((word) => word.length > 0);
    }
    default:
      throw invalid(`unknown pre-tokenizer ${JSON.stringify(configuration.type)}`);
  }
}

function byteLevel(configuration: Configuration, keepText: boolean): PreTokenizer {
  const addSpace = configuration.add_prefix_space === true;
  const useWords = configuration.use_regex !== false;
  return (text) => {
    const spaced = addSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const words = useWords ? (spaced.match(GPT2_WORDS) ?? []) : [spaced];
    return keepText ? words : words.map(toByteCharacters);
  };
}

function metaspace(configuration: Configuration): PreTokenizer {
  const mark = typeof configuration.replacement === 'string' ? configuration.replacement : '\u2581';
  const legacy = configuration.add_prefix_space === false ? 'never' : 'always';
  const scheme = typeof configuration.prepend_scheme === 'string' ? configuration.prepend_scheme : legacy;
  const splits = configuration.split !== false;
  const pattern = compilePattern({ String: mark }, 'pre_tokenizer.replacement');
  return (text, atStart) => {
    const marked = text.replaceAll(' ', mark);
    const prepend = scheme === 'always' || (scheme === 'first' && atStart);
    const whole = prepend && !marked.startsWith(mark) ? mark + marked : marked;
    return splits ? splitBy(whole, pattern, 'MergedWithNext') : [whole];
  };
}
