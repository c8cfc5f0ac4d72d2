/**
 * Makes resources/data/phrases-{train,test}.jsonl: short English sentences with their Spanish, from a grammar and a word list
 * written for Lathe (Apache-2.0 like the rest of it). Words agree in gender, number and person. No sentence of the test file
 * is in the other one, but all of its words are. usage: node scripts/make-phrases.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from './random.mjs';

/** English singular and plural, Spanish singular and plural, gender. */
const THINGS = [
  ['book', 'books', 'libro', 'libros', 'm'],
  ['letter', 'letters', 'carta', 'cartas', 'f'],
  ['table', 'tables', 'mesa', 'mesas', 'f'],
  ['chair', 'chairs', 'silla', 'sillas', 'f'],
  ['window', 'windows', 'ventana', 'ventanas', 'f'],
  ['key', 'keys', 'llave', 'llaves', 'f'],
  ['shoe', 'shoes', 'zapato', 'zapatos', 'm'],
  ['picture', 'pictures', 'cuadro', 'cuadros', 'm'],
  ['apple', 'apples', 'manzana', 'manzanas', 'f'],
  ['ship', 'ships', 'barco', 'barcos', 'm'],
  ['bottle', 'bottles', 'botella', 'botellas', 'f'],
  ['hat', 'hats', 'sombrero', 'sombreros', 'm'],
  ['flower', 'flowers', 'flor', 'flores', 'f'],
  ['clock', 'clocks', 'reloj', 'relojes', 'm'],
  ['knife', 'knives', 'cuchillo', 'cuchillos', 'm'],
  ['spoon', 'spoons', 'cuchara', 'cucharas', 'f'],
  ['bridge', 'bridges', 'puente', 'puentes', 'm'],
  ['box', 'boxes', 'caja', 'cajas', 'f'],
];
const PEOPLE = [
  ['boy', 'boys', 'niño', 'niños', 'm'],
  ['girl', 'girls', 'niña', 'niñas', 'f'],
  ['doctor', 'doctors', 'médico', 'médicos', 'm'],
  ['teacher', 'teachers', 'maestra', 'maestras', 'f'],
  ['neighbour', 'neighbours', 'vecino', 'vecinos', 'm'],
  ['sailor', 'sailors', 'marinero', 'marineros', 'm'],
  ['queen', 'queens', 'reina', 'reinas', 'f'],
  ['cook', 'cooks', 'cocinera', 'cocineras', 'f'],
  ['friend', 'friends', 'amigo', 'amigos', 'm'],
  ['sister', 'sisters', 'hermana', 'hermanas', 'f'],
];
/** English, Spanish for masculine and feminine, and both in the plural. */
const QUALITIES = [
  ['red', 'rojo', 'roja', 'rojos', 'rojas'],
  ['white', 'blanco', 'blanca', 'blancos', 'blancas'],
  ['black', 'negro', 'negra', 'negros', 'negras'],
  ['green', 'verde', 'verde', 'verdes', 'verdes'],
  ['blue', 'azul', 'azul', 'azules', 'azules'],
  ['old', 'viejo', 'vieja', 'viejos', 'viejas'],
  ['new', 'nuevo', 'nueva', 'nuevos', 'nuevas'],
  ['small', 'pequeño', 'pequeña', 'pequeños', 'pequeñas'],
  ['expensive', 'caro', 'cara', 'caros', 'caras'],
  ['broken', 'roto', 'rota', 'rotos', 'rotas'],
  ['heavy', 'pesado', 'pesada', 'pesados', 'pesadas'],
  ['beautiful', 'hermoso', 'hermosa', 'hermosos', 'hermosas'],
];
const MOODS = [
  ['tired', 'cansado', 'cansada', 'cansados', 'cansadas'],
  ['happy', 'contento', 'contenta', 'contentos', 'contentas'],
  ['sick', 'enfermo', 'enferma', 'enfermos', 'enfermas'],
  ['sad', 'triste', 'triste', 'tristes', 'tristes'],
  ['busy', 'ocupado', 'ocupada', 'ocupados', 'ocupadas'],
  ['ready', 'listo', 'lista', 'listos', 'listas'],
];
/** English, with "he", and after "did not"; Spanish for I, he, we, they now, and for he and they in the past. */
const DEEDS = [
  ['buy', 'buys', 'bought', 'compro', 'compra', 'compramos', 'compran', 'compró', 'compraron'],
  ['sell', 'sells', 'sold', 'vendo', 'vende', 'vendemos', 'venden', 'vendió', 'vendieron'],
  ['look for', 'looks for', 'looked for', 'busco', 'busca', 'buscamos', 'buscan', 'buscó', 'buscaron'],
  ['clean', 'cleans', 'cleaned', 'limpio', 'limpia', 'limpiamos', 'limpian', 'limpió', 'limpiaron'],
  ['carry', 'carries', 'carried', 'llevo', 'lleva', 'llevamos', 'llevan', 'llevó', 'llevaron'],
  ['paint', 'paints', 'painted', 'pinto', 'pinta', 'pintamos', 'pintan', 'pintó', 'pintaron'],
  ['lose', 'loses', 'lost', 'pierdo', 'pierde', 'perdemos', 'pierden', 'perdió', 'perdieron'],
  ['need', 'needs', 'needed', 'necesito', 'necesita', 'necesitamos', 'necesitan', 'necesitó', 'necesitaron'],
];
/** English, Spanish: with its article and preposition. */
const PLACES = [
  ['in the house', 'en la casa'],
  ['in the garden', 'en el jardín'],
  ['in the street', 'en la calle'],
  ['in the kitchen', 'en la cocina'],
  ['at the market', 'en el mercado'],
  ['near the river', 'cerca del río'],
  ['behind the church', 'detrás de la iglesia'],
  ['under the tree', 'debajo del árbol'],
];
const TIMES = [
  ['today', 'hoy'],
  ['every day', 'todos los días'],
  ['in the morning', 'por la mañana'],
  ['at night', 'por la noche'],
];
const PAST_TIMES = [
  ['yesterday', 'ayer'],
  ['last night', 'anoche'],
  ['last year', 'el año pasado'],
  ['two days ago', 'hace dos días'],
];
const NUMBERS = [
  ['two', 'dos'],
  ['three', 'tres'],
  ['four', 'cuatro'],
  ['five', 'cinco'],
  ['six', 'seis'],
  ['ten', 'diez'],
];
const TRAIN_ROWS = 2600;
const TEST_ROWS = 200;

const random = randomFrom(20261125);
const pick = (values) => values[Math.floor(random() * values.length)];
const often = (share) => random() < share;

const agreeing = ([english, m, f, ms, fs], gender, many) => [
  english,
  many ? (gender === 'm' ? ms : fs) : gender === 'm' ? m : f,
];
const article = (gender, many) => (many ? (gender === 'm' ? 'los' : 'las') : gender === 'm' ? 'el' : 'la');
const one = (gender) => (gender === 'm' ? 'un' : 'una');
/** Words that begin with a vowel take "an". */
const an = (words) => (/^[aeiou]/.test(words) ? 'an' : 'a');

/** A noun with its article, and with a quality or without; its number. */
function phrase([single, plural, uno, varios, gender], { described = 0.5, definite = 0.6 } = {}) {
  const many = often(0.4);
  const quality = often(described) ? agreeing(pick(QUALITIES), gender, many) : undefined;
  const english = [quality?.[0], many ? plural : single].filter(Boolean).join(' ');
  const spanish = [many ? varios : uno, quality?.[1]].filter(Boolean).join(' ');
  if (often(definite))
    return { english: `the ${english}`, spanish: `${article(gender, many)} ${spanish}`, many, gender };
  if (!many) return { english: `${an(english)} ${english}`, spanish: `${one(gender)} ${spanish}`, many, gender };
  const [number, numero] = pick(NUMBERS);
  return { english: `${number} ${english}`, spanish: `${numero} ${spanish}`, many, gender };
}
const person = () => phrase(pick(PEOPLE), { described: 0, definite: 1 });
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = (english, spanish) => [`${capital(english)}.`, `${capital(spanish)}.`];
const question = (english, spanish) => [`${capital(english)}?`, `¿${capital(spanish)}?`];

/** Each gives a sentence and its translation. */
const KINDS = [
  // The boys buy a red book in the market.
  () => {
    const [who, what] = [person(), phrase(pick(THINGS))];
    const [base, withS, , , sings, , plural] = pick(DEEDS);
    const [where, donde] = often(0.5) ? pick(PLACES) : pick(TIMES);
    return sentence(
      `${who.english} ${who.many ? base : withS} ${what.english} ${where}`,
      `${who.spanish} ${who.many ? plural : sings} ${what.spanish} ${donde}`,
    );
  },
  // I need two keys. We do not sell the house.
  () => {
    const what = phrase(pick(THINGS));
    const deed = pick(DEEDS);
    const we = often(0.5);
    const not = often(0.4);
    const [time, cuando] = pick(TIMES);
    const verb = we ? deed[5] : deed[3];
    return sentence(
      `${we ? 'we' : 'I'} ${not ? 'do not ' : ''}${deed[0]} ${what.english} ${time}`,
      `${not ? 'no ' : ''}${verb} ${what.spanish} ${cuando}`,
    );
  },
  // The queen lost the old clock yesterday.
  () => {
    const [who, what] = [person(), phrase(pick(THINGS))];
    const deed = pick(DEEDS);
    const [time, cuando] = pick(PAST_TIMES);
    return sentence(
      `${who.english} ${deed[2]} ${what.english} ${time}`,
      `${who.spanish} ${who.many ? deed[8] : deed[7]} ${what.spanish} ${cuando}`,
    );
  },
  // The windows are broken. Are the windows broken?
  () => {
    const what = phrase(pick(THINGS), { described: 0.2, definite: 1 });
    const [quality, cualidad] = agreeing(pick(QUALITIES), what.gender, what.many);
    const [be, ser] = what.many
      ? ['are', cualidad.startsWith('rot') ? 'están' : 'son']
      : ['is', cualidad.startsWith('rot') ? 'está' : 'es'];
    const ask = often(0.3);
    const very = often(0.3) && !cualidad.startsWith('rot');
    const [english, spanish] = [`${very ? 'very ' : ''}${quality}`, `${very ? 'muy ' : ''}${cualidad}`];
    return ask
      ? question(`${be} ${what.english} ${english}`, `${ser} ${spanish} ${what.spanish}`)
      : sentence(`${what.english} ${be} ${english}`, `${what.spanish} ${ser} ${spanish}`);
  },
  // The girl is tired today. The sailors are not ready.
  () => {
    const who = person();
    const [mood, animo] = agreeing(pick(MOODS), who.gender, who.many);
    const not = often(0.3);
    const [time, cuando] = pick(TIMES.slice(0, 1).concat(TIMES.slice(2)));
    const ask = often(0.25);
    const [be, estar] = who.many ? ['are', 'están'] : ['is', 'está'];
    return ask
      ? question(`${be} ${who.english} ${mood} ${time}`, `${estar} ${animo} ${who.spanish} ${cuando}`)
      : sentence(
          `${who.english} ${be} ${not ? 'not ' : ''}${mood} ${time}`,
          `${who.spanish} ${not ? 'no ' : ''}${estar} ${animo} ${cuando}`,
        );
  },
  // Where are the keys? The keys are under the table.
  () => {
    const what = phrase(often(0.5) ? pick(THINGS) : pick(PEOPLE), { described: 0.3, definite: 1 });
    const [be, estar] = what.many ? ['are', 'están'] : ['is', 'está'];
    if (often(0.2)) return question(`where ${be} ${what.english}`, `dónde ${estar} ${what.spanish}`);
    const [where, donde] = pick(PLACES);
    return sentence(`${what.english} ${be} ${where}`, `${what.spanish} ${estar} ${donde}`);
  },
  // There are six bottles in the kitchen.
  () => {
    const what = phrase(pick(THINGS), { definite: 0 });
    const [where, donde] = pick(PLACES);
    return sentence(`there ${what.many ? 'are' : 'is'} ${what.english} ${where}`, `hay ${what.spanish} ${donde}`);
  },
];

const pairs = new Map();
while (pairs.size < TRAIN_ROWS + TEST_ROWS) {
  const [source, target] = pick(KINDS)();
  if (!pairs.has(source)) pairs.set(source, target);
}
const rows = [...pairs].map(([source, target]) => JSON.stringify({ source, target }));
const folder = join(import.meta.dirname, '../resources/data');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'phrases-train.jsonl'), `${rows.slice(0, TRAIN_ROWS).join('\n')}\n`);
writeFileSync(join(folder, 'phrases-test.jsonl'), `${rows.slice(TRAIN_ROWS).join('\n')}\n`);
