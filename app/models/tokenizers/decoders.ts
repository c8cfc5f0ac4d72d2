/** The decoders of tokenizer.json: tokens back to text. */
import { appendTokenBytes } from './byte-level.ts';
import { type Configuration, invalid, objectAt, textAt } from './configuration.ts';
import { compilePattern, patternList } from './patterns.ts';

type Step = (tokens: readonly string[]) => string[];
export type Decoder = (tokens: readonly string[]) => string;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws UserError tokenizer/invalid */
export function createDecoder(value: unknown): Decoder {
  if (value === null || value === undefined) return (tokens) => tokens.join(' ');
  const step = createStep(objectAt(value, 'decoder'));
  return (tokens) => step(tokens).join('');
}

function createStep(configuration: Configuration): Step {
  switch (configuration.type) {
    case 'Sequence': {
      const steps = patternList(configuration.decoders, 'decoder.decoders').map(createStep);
      return (tokens) => steps.reduce<string[]>((current, step) => step(current), [...tokens]);
    }
    case 'ByteLevel':
      return byteLevel;
    case 'WordPiece':
      return wordPiece(configuration);
    case 'Metaspace':
      return metaspace(configuration);
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const pattern = compilePattern(configuration.pattern, 'decoder.pattern');
      const content = textAt(configuration.content, 'decoder.content');
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case 'Strip':
      return strip(configuration);
    case 'BPEDecoder': {
      const suffix = textAt(configuration.suffix ?? '</w>', 'decoder.suffix');
      return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    }
    default:
      throw invalid(`unknown decoder ${JSON.stringify(configuration.type)}`);
  }
}

function byteLevel(tokens: readonly string[]): string[] {
  const bytes: number[] = [];
  for (const token of tokens) appendTokenBytes(token, bytes);
  return [decoder.decode(Uint8Array.from(bytes))];
}

function wordPiece(configuration: Configuration): Step {
  const prefix = textAt(configuration.prefix ?? '##', 'decoder.prefix');
  const cleans = configuration.cleanup !== false;
  return (tokens) =>
    tokens.map((token, i) => {
      const joined = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleans ? cleanUp(joined) : joined;
    });
}

/** The library's tidying of English punctuation, in its order. */
function cleanUp(text: string): string {
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

function metaspace(configuration: Configuration): Step {
  const mark = textAt(configuration.replacement ?? '\u2581', 'decoder.replacement');
  const never = configuration.prepend_scheme === 'never' || configuration.add_prefix_space === false;
  return (tokens) =>
    tokens.map((token, i) => {
      const text = token.replaceAll(mark, ' ');
      return i === 0 && !never && text.startsWith(' ') ? text.slice(1) : text;
    });
}

/** "<0xE2>" and the like become bytes; bytes that make no character become one U+FFFD each. */
function byteFallback(tokens: readonly string[]): string[] {
  const result: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length === 0) return;
    const text = decoder.decode(Uint8Array.from(bytes));
    result.push(Buffer.from(text).equals(Buffer.from(bytes)) ? text : '\uFFFD'.repeat(bytes.length));
    bytes = [];
  };
  for (const token of tokens) {
    const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (match) bytes.push(Number.parseInt(match[1], 16));
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
}

function strip(configuration: Configuration): Step {
  const content = textAt(configuration.content, 'decoder.content');
  const most = { start: Number(configuration.start ?? 0), stop: Number(configuration.stop ?? 0) };
  return (tokens) =>
    tokens.map((token) => {
      let from = 0;
      let to = token.length;
      while (from < most.start && token.startsWith(content, from)) from += content.length;
      for (let n = 0; n < most.stop && to > from && token.endsWith(content); n += 1) to -= content.length;
      return token.slice(from, to);
    });
}
