/**
 * Reads Prometheus text, version 0.0.4. Pure. Histograms come back grouped, with observations a bucket instead of
 * cumulated counts; everything else is a value with a name and labels. Timestamps in the text are checked and ignored:
 * a sample's time is the time of its scrape. A text that is not this format is refused with its first bad line.
 *
 * What stands before the value of a line is the same at each scrape, so a `SeriesMemory` keeps what it means: with it
 * only numbers that changed are read, and a scrape of 2,000 lines costs about a millisecond.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type Labels, parseLabels, seriesKey } from './series-key.ts';

export interface ParsedValue {
  /** Name and labels as one string: the same for the same series. */
  key: string;
  metric: string;
  labels: Labels;
  value: number;
}

export interface ParsedHistogram {
  /** Name, labels and bounds as one string. */
  key: string;
  metric: string;
  labels: Labels;
  /** Ascending, without +Inf. */
  bounds: readonly number[];
  /** Observations a bucket, the last one above every bound. */
  counts: number[];
  count: number;
  sum: number;
}

export interface Exposition {
  values: ParsedValue[];
  histograms: ParsedHistogram[];
}

type Part = 'value' | 'bucket' | 'sum' | 'count';

/** What the text before a value means. */
interface Meaning {
  part: Part;
  key: string;
  metric: string;
  labels: Labels;
  /** Of a bucket. */
  bound: number;
  /** The value as it was written last, and what it says: most values are the same at the next scrape. */
  text: string | undefined;
  value: number;
}

/** A histogram while its lines come in. */
interface Gathered {
  metric: string;
  labels: Labels;
  bounds: number[];
  cumulated: number[];
  sum: number | undefined;
  count: number | undefined;
}

/** Remembers the series of one target from scrape to scrape. Give each target its own. */
export class SeriesMemory {
  readonly types = new Map<string, string>();
  readonly meanings = new Map<string, Meaning>();
  /** Key of a histogram's bounds, by the histogram's name and labels. */
  readonly bounds = new Map<string, { bounds: readonly number[]; key: string }>();
}

const HISTOGRAM_PARTS = [
  ['_bucket', 'bucket'],
  ['_sum', 'sum'],
  ['_count', 'count'],
] as const;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TIMESTAMP = /^-?\d+$/;
const KINDS = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const QUOTED_CHARACTERS_MAX = 80;

/** @throws MexError `BAD_EXPOSITION` that quotes the first line that does not fit. */
export function parseExposition(text: string, memory = new SeriesMemory()): Exposition {
  const values: ParsedValue[] = [];
  const gathered = new Map<string, Gathered>();
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    lineNumber++;
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    start = end + 1;
    try {
      if (line.startsWith('#')) readComment(line, memory);
      else if (line.trim() !== '') readSample(line, memory, { values, gathered });
    } catch (problem) {
      throw badLine(lineNumber, line, problem);
    }
  }
  return { values, histograms: [...gathered].map(([key, parts]) => finishHistogram(key, parts, memory)) };
}

function readComment(line: string, memory: SeriesMemory): void {
  const [, word, name, kind] = line.trim().split(/\s+/);
  if (word !== 'TYPE') return;
  if (name === undefined || !NAME.test(name) || kind === undefined || !KINDS.has(kind)) {
    throw new Error('a TYPE needs a metric name and counter, gauge, histogram, summary or untyped');
  }
  if (memory.types.get(name) === kind) return;
  memory.types.set(name, kind);
  memory.meanings.clear();
}

function readSample(
  line: string,
  memory: SeriesMemory,
  into: { values: ParsedValue[]; gathered: Map<string, Gathered> },
): void {
  const brace = line.lastIndexOf('}');
  const split = brace === -1 ? line.search(/[ \t]/) : brace + 1;
  if (split === -1) throw new Error('there is no value');
  const prefix = line.slice(0, split);
  let meaning = memory.meanings.get(prefix);
  if (meaning === undefined) {
    meaning = { ...meaningOf(prefix, memory.types), text: undefined, value: Number.NaN };
    memory.meanings.set(prefix, meaning);
  }
  const text = line.slice(split);
  if (text !== meaning.text) {
    meaning.value = sampleValueOf(text.trim());
    meaning.text = text;
  }
  const { value } = meaning;
  if (meaning.part === 'value') {
    into.values.push({ key: meaning.key, metric: meaning.metric, labels: meaning.labels, value });
  } else {
    gather(meaning, value, into.gathered);
  }
}

function meaningOf(prefix: string, types: ReadonlyMap<string, string>): Omit<Meaning, 'text' | 'value'> {
  const brace = prefix.indexOf('{');
  const name = (brace === -1 ? prefix : prefix.slice(0, brace)).trim();
  if (!NAME.test(name)) throw new Error('it does not start with a metric name');
  const labels = brace === -1 ? {} : parseLabels(prefix.slice(brace));
  for (const [suffix, part] of HISTOGRAM_PARTS) {
    const metric = name.slice(0, -suffix.length);
    if (!name.endsWith(suffix) || types.get(metric) !== 'histogram') continue;
    const { le, ...rest } = labels;
    if (part !== 'bucket') return { part, key: seriesKey(metric, labels), metric, labels, bound: Number.NaN };
    if (le === undefined) throw new Error('a bucket needs the label le');
    return { part, key: seriesKey(metric, rest), metric, labels: rest, bound: numberOf(le) };
  }
  return { part: 'value', key: seriesKey(name, labels), metric: name, labels, bound: Number.NaN };
}

function sampleValueOf(text: string): number {
  const space = text.search(/[ \t]/);
  if (space === -1) return numberOf(text);
  if (!TIMESTAMP.test(text.slice(space).trim())) throw new Error('after the value only a timestamp may follow');
  return numberOf(text.slice(0, space));
}

function numberOf(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  throw new Error(`"${text}" is not a number`);
}

function gather(meaning: Meaning, value: number, gathered: Map<string, Gathered>): void {
  let parts = gathered.get(meaning.key);
  if (parts === undefined) {
    const { metric, labels } = meaning;
    parts = { metric, labels, bounds: [], cumulated: [], sum: undefined, count: undefined };
    gathered.set(meaning.key, parts);
  }
  if (meaning.part === 'sum') parts.sum = value;
  else if (meaning.part === 'count') parts.count = value;
  else {
    parts.bounds.push(meaning.bound);
    parts.cumulated.push(value);
  }
}

function finishHistogram(key: string, parts: Gathered, memory: SeriesMemory): ParsedHistogram {
  const { metric, labels, sum, count, cumulated } = parts;
  const refuse = (why: string): never => {
    throw badExposition(`histogram ${key}: ${why}`);
  };
  const counts = new Array<number>(cumulated.length);
  for (let index = 0; index < counts.length; index++) {
    if (index > 0 && !((parts.bounds[index] ?? 0) > (parts.bounds[index - 1] ?? 0))) refuse('bounds do not ascend');
    const observations = (cumulated[index] ?? 0) - (index === 0 ? 0 : (cumulated[index - 1] ?? 0));
    if (!(observations >= 0)) refuse(`the bucket le=${parts.bounds[index]} is below the one before it`);
    counts[index] = observations;
  }
  if (parts.bounds.at(-1) !== Number.POSITIVE_INFINITY) refuse('there is no bucket le="+Inf"');
  if (sum === undefined || count === undefined) return refuse('_sum or _count is missing');
  if (count !== cumulated.at(-1)) refuse(`_count is ${count}, the bucket le="+Inf" is ${cumulated.at(-1)}`);
  const shape = rememberBounds(key, parts.bounds.slice(0, -1), memory);
  return { key: shape.key, metric, labels, bounds: shape.bounds, counts, count, sum };
}

/** The bounds seldom change: one array and one key for all scrapes of a series. */
function rememberBounds(series: string, bounds: number[], memory: SeriesMemory) {
  const known = memory.bounds.get(series);
  if (known?.bounds.length === bounds.length && bounds.every((bound, index) => bound === known.bounds[index])) {
    return known;
  }
  const shape = { bounds, key: `${series} ${bounds.join(',')}` };
  memory.bounds.set(series, shape);
  return shape;
}

function badLine(lineNumber: number, line: string, problem: unknown): MexError {
  const quoted = line.length > QUOTED_CHARACTERS_MAX ? `${line.slice(0, QUOTED_CHARACTERS_MAX)}…` : line;
  const why = problem instanceof Error ? problem.message : String(problem);
  return badExposition(`line ${lineNumber} "${quoted}": ${why}`);
}

function badExposition(what: string): MexError {
  return new MexError(`Not Prometheus text: ${what}`, { code: 'BAD_EXPOSITION', exit: EXIT.environment });
}
