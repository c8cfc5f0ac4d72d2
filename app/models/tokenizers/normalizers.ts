/** The normalizers of tokenizer.json: text in, text out. */
import { bertNormalizer } from './bert.ts';
import { toByteCharacters } from './byte-level.ts';
import { type Configuration, invalid, objectAt, textAt } from './configuration.ts';
import { compilePattern, patternList } from './patterns.ts';
import { precompiledNormalizer } from './precompiled.ts';
import { lower, trimEnd, trimStart } from './unicode.ts';

export type Normalizer = (text: string) => string;

/** @throws UserError tokenizer/invalid */
export function createNormalizer(value: unknown): Normalizer | undefined {
  if (value === null || value === undefined) return undefined;
  const configuration = objectAt(value, 'normalizer');
  switch (configuration.type) {
    case 'Sequence':
      return sequence(configuration);
    case 'BertNormalizer':
      return bertNormalizer(configuration);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = configuration.type;
      return (text) => text.normalize(form);
    }
    case 'Lowercase':
      return lower;
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'Strip': {
      const { strip_left: left, strip_right: right } = configuration;
      return (text) => {
        const rest = left ? trimStart(text) : text;
        return right ? trimEnd(rest) : rest;
      };
    }
    case 'Prepend': {
      const prefix = textAt(configuration.prepend, 'normalizer.prepend');
      return (text) => (text.length === 0 ? text : prefix + text);
    }
    case 'Replace': {
      const pattern = compilePattern(configuration.pattern, 'normalizer.pattern');
      const content = textAt(configuration.content, 'normalizer.content');
      return (text) => text.replace(pattern, () => content);
    }
    case 'ByteLevel':
      return toByteCharacters;
    case 'Nmt':
      return nmt;
    case 'Precompiled':
      return precompiledNormalizer(textAt(configuration.precompiled_charsmap, 'normalizer.precompiled_charsmap'));
    default:
      throw invalid(`unknown normalizer ${JSON.stringify(configuration.type)}`);
  }
}

function sequence(configuration: Configuration): Normalizer {
  const steps = patternList(configuration.normalizers, 'normalizer.normalizers').map((step) => createNormalizer(step)!);
  return (text) => steps.reduce((current, step) => step(current), text);
}

function nmt(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this normalizer removes.
  const cleaned = text.replace(/[\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F]/g, '');
  return cleaned.replace(/[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g, ' ');
}
