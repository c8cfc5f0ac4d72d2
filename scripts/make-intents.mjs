/**
 * Makes resources/data/intents.jsonl: sentences that a person says to a smart home, with what is meant by each. They are
 * drawn from the templates of PyPI's home-assistant-intents (The Home Assistant Authors, Apache-2.0); names that go into
 * them are written for Lathe. usage: node scripts/make-intents.mjs EN.JSON [FOLDER] (home_assistant_intents/data/en.json in the
 * wheel). With a folder it writes commands-{train,other}.jsonl there instead: several thousand such sentences as chats, which
 * are answered by the intent and the names said in them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from './random.mjs';

/** Intents that a text alone tells apart. */
const INTENTS = {
  HassTurnOn: 'turn on',
  HassTurnOff: 'turn off',
  HassLightSet: 'set light',
  HassClimateSetTemperature: 'set temperature',
  HassClimateGetTemperature: 'ask temperature',
  HassGetWeather: 'ask weather',
  HassStartTimer: 'start timer',
  HassCancelTimer: 'cancel timer',
  HassTimerStatus: 'ask timer',
  HassListAddItem: 'add to list',
  HassShoppingListAddItem: 'add to list',
  HassMediaPause: 'pause music',
  HassMediaNext: 'next track',
  HassSetVolume: 'set volume',
  HassVacuumStart: 'start vacuum',
  HassGetCurrentTime: 'ask time',
  HassGetCurrentDate: 'ask date',
};
const [intentsFile, chatsFolder] = process.argv.slice(2);
const ROWS_OF_LABEL = chatsFolder ? 420 : 48;
const TRIES = chatsFolder ? 60_000 : 4000;
const TRAINING_CHATS = 1500;

/** What stands in a template's place for a name, by the list's name. */
const FILLERS = {
  area: ['kitchen', 'bedroom', 'living room', 'garage', 'hall', 'office', 'bathroom', 'nursery'],
  floor: ['ground floor', 'first floor', 'basement', 'attic'],
  name: ['desk lamp', 'fan', 'kettle', 'porch light', 'heater', 'coffee machine', 'radio', 'night light', 'television'],
  item: ['milk', 'two lemons', 'bread', 'batteries', 'a birthday card', 'coffee', 'onions', 'dish soap'],
  timer_name: ['pasta', 'laundry', 'tea', 'pizza', 'workout'],
  shopping_list_item: ['milk', 'two lemons', 'bread', 'batteries', 'a birthday card', 'coffee', 'onions', 'dish soap'],
  todo_list_item: ['call the plumber', 'water the plants', 'pay the rent', 'book a table', 'clean the windows'],
  cover_classes: ['blinds', 'curtains', 'shutters', 'garage doors'],
  zone: ['home', 'work', 'school'],
  brightness_level: ['maximum', 'minimum'],
  color_temperature_names: ['daylight', 'candlelight', 'cool white'],
  timer_half: ['half'],
  color: ['red', 'blue', 'green', 'warm white', 'purple', 'orange'],
};
const NUMBERS = ['5', '10', '15', '20', '30', '45', '50'];

const random = randomFrom(20261127);
const pick = (values) => values[Math.floor(random() * values.length)];

const { intents, expansion_rules: rules } = JSON.parse(readFileSync(intentsFile, 'utf8'));

/** Index behind the bracket that closes the one at `from`. */
function closing(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if ('([{<'.includes(text[i])) depth += 1;
    else if (')]}>'.includes(text[i]) && --depth === 0) return i + 1;
  }
  throw new Error(`a bracket is open in ${text}`);
}

function alternatives(text) {
  const parts = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if ('([{<'.includes(text[i])) i = closing(text, i) - 1;
    else if (text[i] === '|') {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** What a list's names are called in an answer. */
const KINDS = {
  timer_name: 'name',
  shopping_list_item: 'item',
  todo_list_item: 'item',
  color_temperature_names: 'color',
};

/**
 * One sentence of a template: (a|b) one of them, [a] or nothing, {list} a name, <rule> a template by its name.
 * @param names gathers the names said
 */
function say(template, own, names) {
  const chosen = pick(alternatives(template));
  let text = '';
  for (let i = 0; i < chosen.length; ) {
    if (!'([{<'.includes(chosen[i])) {
      text += chosen[i++];
      continue;
    }
    const end = closing(chosen, i);
    const inner = chosen.slice(i + 1, end - 1);
    if (chosen[i] === '(') text += say(inner, own, names);
    else if (chosen[i] === '[') text += random() < 0.5 ? say(inner, own, names) : '';
    else if (chosen[i] === '<') {
      const rule = own[inner] ?? rules[inner];
      text += rule ? say(rule, own, names) : pick(FILLERS[inner] ?? ['it']);
    } else {
      const list = inner.split(':')[0];
      const name = pick(FILLERS[list] ?? NUMBERS);
      names.push(`${FILLERS[list] ? (KINDS[list] ?? list) : 'number'} ${name}`);
      text += name;
    }
    i = end;
  }
  return text;
}

const clean = (text) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/ ([,.?!])/g, '$1')
    .trim();

const rows = new Map();
for (const [intent, label] of Object.entries(INTENTS)) {
  const groups = intents[intent]?.data ?? [];
  if (groups.length === 0) throw new Error(`there is no ${intent}`);
  const texts = rows.get(label) ?? new Map();
  for (let tries = 0; texts.size < ROWS_OF_LABEL && tries < TRIES; tries++) {
    const { sentences, expansion_rules: own = {} } = pick(groups);
    const names = [];
    const text = clean(say(pick(sentences), own, names));
    if (text.length >= 8 && text.length <= 90) texts.set(text, [label, ...names].join(', '));
  }
  rows.set(label, texts);
}
// One text may be said for two reasons; such texts teach nothing.
const said = [...rows].flatMap(([label, texts]) => [...texts].map(([text, answer]) => ({ text, label, answer })));
const times = new Map();
for (const { text } of said) times.set(text, (times.get(text) ?? 0) + 1);
const once = said.filter(({ text }) => times.get(text) === 1);
const order = once
  .map((row) => ({ row, place: random() }))
  .sort((a, b) => a.place - b.place)
  .map(({ row }) => row);

function write(file, values) {
  writeFileSync(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  console.log(file, values.length);
}

if (chatsFolder) {
  const chats = order.map(({ text, answer }) => ({
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: answer },
    ],
  }));
  mkdirSync(chatsFolder, { recursive: true });
  write(join(chatsFolder, 'commands-train.jsonl'), chats.slice(0, TRAINING_CHATS));
  write(join(chatsFolder, 'commands-other.jsonl'), chats.slice(TRAINING_CHATS));
} else {
  const file = join(import.meta.dirname, '..', 'resources', 'data', 'intents.jsonl');
  write(
    file,
    order.map(({ text, label }) => ({ text, label })),
  );
}
