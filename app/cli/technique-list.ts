/** The techniques as wizards draw them: words and presets, and the settings' JSON Schema from the command's own schema. */
import { z } from 'zod';
import type { TechniqueInfo } from '../contract/techniques.ts';
import { TECHNIQUES } from '../recipes/presets/index.ts';
import { stepCommand } from './recipe-plan.ts';

/** What a plan says elsewhere or what is only for the command line. */
const NOT_SETTINGS = [
  'data',
  'mix',
  'out',
  'format',
  'columns',
  'eval',
  'resume',
  'adapter',
  'text',
  'label',
  'student',
  'cascade',
  'prompts',
  'cache',
];

/** `batchSize` -> `Batch size`. */
const titleOf = (key: string): string => {
  const words = key.replace(/([A-Z])/g, ' $1').toLowerCase();
  return words[0].toUpperCase() + words.slice(1);
};

export function listTechniques(): TechniqueInfo[] {
  return TECHNIQUES.flatMap(({ presets, ...words }) => {
    const command = stepCommand(words.name);
    if (!command) return [];
    const hidden = Object.fromEntries(
      NOT_SETTINGS.filter((key) => key in command.options.shape).map((key) => [key, true]),
    );
    const schema = z.toJSONSchema(command.options.omit(hidden as Record<string, true>), {
      io: 'input',
      unrepresentable: 'any',
    });
    for (const [key, property] of Object.entries(schema.properties ?? {}))
      if (typeof property === 'object') property.title ??= titleOf(key);
    return [{ ...words, summary: command.summary, schema: schema as Record<string, unknown>, presets: [...presets] }];
  });
}
