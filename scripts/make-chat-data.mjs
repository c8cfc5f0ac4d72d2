/**
 * Makes resources/data/plants-{train,test}.jsonl: short chats about house plants, from a table and phrasings written for
 * Lathe (Apache-2.0 like the rest of it). Test rows ask about the same facts in other words and combinations.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** name, light, water every n days in summer, in winter, lowest temperature in °C, feed, pot, toxic to pets */
const PLANTS = [
  ['aloe', 'full sun', 14, 30, 10, 'once in spring', 'clay', true],
  ['basil', 'full sun', 2, 4, 12, 'every two weeks', 'plastic', false],
  ['begonia', 'bright shade', 4, 8, 13, 'every two weeks', 'clay', true],
  ['bird of paradise', 'full sun', 5, 12, 12, 'every two weeks', 'deep', true],
  ['Boston fern', 'bright shade', 2, 4, 12, 'once a month', 'plastic', false],
  ['cactus', 'full sun', 14, 40, 8, 'once in spring', 'clay', false],
  ['calathea', 'half shade', 4, 7, 16, 'once a month', 'plastic', false],
  ['cast iron plant', 'deep shade', 8, 16, 5, 'twice a year', 'heavy', false],
  ['Chinese money plant', 'bright shade', 5, 9, 12, 'once a month', 'clay', false],
  ['coffee plant', 'bright shade', 4, 8, 15, 'every two weeks', 'deep', true],
  ['croton', 'full sun', 4, 8, 15, 'every two weeks', 'plastic', true],
  ['dragon tree', 'half shade', 8, 14, 13, 'once a month', 'heavy', true],
  ['gardenia', 'bright shade', 3, 6, 15, 'every two weeks', 'plastic', true],
  ['hoya', 'bright shade', 7, 14, 12, 'once a month', 'small', false],
  ['ivy', 'half shade', 4, 8, 2, 'once a month', 'plastic', true],
  ['jade plant', 'full sun', 12, 28, 7, 'twice a year', 'clay', true],
  ['lavender', 'full sun', 6, 14, 0, 'once in spring', 'clay', true],
  ['lemon tree', 'full sun', 4, 9, 6, 'every two weeks', 'deep', true],
  ['monstera', 'half shade', 7, 12, 14, 'once a month', 'deep', true],
  ['orchid', 'bright shade', 7, 10, 16, 'every two weeks', 'clear', false],
  ['palm', 'bright shade', 5, 9, 12, 'once a month', 'deep', false],
  ['peace lily', 'deep shade', 5, 8, 14, 'once a month', 'plastic', true],
  ['peperomia', 'half shade', 7, 12, 14, 'once a month', 'small', false],
  ['pothos', 'half shade', 7, 12, 12, 'once a month', 'plastic', true],
  ['prayer plant', 'half shade', 4, 7, 15, 'once a month', 'small', false],
  ['rosemary', 'full sun', 6, 12, -2, 'once in spring', 'clay', false],
  ['rubber plant', 'bright shade', 7, 13, 12, 'once a month', 'heavy', true],
  ['snake plant', 'half shade', 14, 28, 10, 'twice a year', 'heavy', true],
  ['spider plant', 'bright shade', 5, 9, 8, 'once a month', 'plastic', false],
  ['string of pearls', 'full sun', 10, 20, 8, 'once in spring', 'small', true],
  ['weeping fig', 'bright shade', 6, 10, 13, 'once a month', 'heavy', true],
  ['zz plant', 'deep shade', 16, 30, 10, 'twice a year', 'heavy', true],
];

const TOPICS = [
  {
    ask: [
      'How often should I water my {p} in summer?',
      'My {p} looks dry. How often does it need water in summer?',
      'Summer watering for a {p}?',
      'When do I water the {p} in the warm months?',
    ],
    answer: ([p, , n]) => `In summer, water the ${p} every ${n} days. Let the surface of the soil dry first.`,
  },
  {
    ask: [
      'How often should I water my {p} in winter?',
      'Winter watering for a {p}?',
      'How much water does a {p} want in the cold months?',
      'It is winter now. When do I water the {p}?',
    ],
    answer: ([p, , , n]) => `In winter, water the ${p} every ${n} days. It rests and needs little.`,
  },
  {
    ask: [
      'How much light does a {p} need?',
      'Where should I put my {p}?',
      'Which window is right for a {p}?',
      'Does the {p} like sun?',
    ],
    answer: ([p, light]) => `The ${p} wants ${light}. Turn the pot once a week so that it grows straight.`,
  },
  {
    ask: [
      'How cold may it get for a {p}?',
      'What is the lowest temperature for a {p}?',
      'Can my {p} stay on the balcony in autumn?',
      'Is frost a danger for the {p}?',
    ],
    answer: ([p, , , , t]) => `Keep the ${p} above ${t} degrees. Bring it inside before the night gets colder.`,
  },
  {
    ask: [
      'How often do I feed my {p}?',
      'Does a {p} need fertilizer?',
      'When should I feed the {p}?',
      'How much plant food does a {p} want?',
    ],
    answer: ([p, , , , , feed]) => `Feed the ${p} ${feed}, at half the dose that the label says.`,
  },
  {
    ask: [
      'Which pot is best for a {p}?',
      'What kind of pot does my {p} need?',
      'I want to repot my {p}. Which pot?',
      'Can you name a good pot for the {p}?',
    ],
    answer: ([p, , , , , , pot]) => `Take a ${pot} pot for the ${p}, with a hole at the bottom.`,
  },
  {
    ask: [
      'Is a {p} dangerous for cats?',
      'Is the {p} safe with pets?',
      'My dog chews on my {p}. Is that bad?',
      'Can a cat eat a {p}?',
    ],
    answer: ([p, , , , , , , toxic]) =>
      toxic
        ? `No, keep pets away from the ${p}: its leaves are poisonous.`
        : `Yes, the ${p} is harmless for cats and dogs.`,
  },
];
// "Can a cat eat it", "Is it dangerous" and "Is that bad" ask the other way round.
const reversed = (question) => /dangerous|bad/.test(question);

const train = [];
const test = [];
PLANTS.forEach((plant, i) => {
  TOPICS.forEach(({ ask, answer }, t) => {
    ask.forEach((pattern, a) => {
      const question = pattern.replace('{p}', plant[0]);
      let text = answer(plant);
      if (reversed(question))
        text = text.startsWith('No') ? text.replace('No, keep', 'Yes, keep') : text.replace('Yes, the', 'No, the');
      const row = {
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: text },
        ],
      };
      ((i + t + a) % 8 === 0 ? test : train).push(row);
    });
  });
});

const folder = join(import.meta.dirname, '../resources/data');
mkdirSync(folder, { recursive: true });
const write = (name, rows) => writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
write('plants-train.jsonl', train);
write('plants-test.jsonl', test);
console.log(`${train.length} rows to train on, ${test.length} to test on`);
