/**
 * Holds what topics gave against what the log says should be in them. Pure: records in, findings out.
 *
 * For each topic and symbol the log gives one sequence of events. A topic is right when, repeats left out, it gives the
 * same: the same bytes, in the same order, none missing, none that the log does not know. A repeat is an event whose id
 * was there before, with the same bytes: at-least-once delivery may bring it.
 */
import { EVENT_ID_HEADER, type EventRecord, LOG_ID_HEADER, parseEventId } from '../protocol/event-records.ts';

/** What is expected, from a replay of the log. */
export interface ExpectedEvents {
  logId: string;
  shardId: string;
  /** Events at or before this sequence are not expected, but may be there. */
  afterSequence: number;
  lastSequence: number;
  /** Null: it was before `afterSequence`. */
  resetSequence: number | null;
}

export interface FoundRecord {
  topic: string;
  partition: number;
  offset: number;
  key: string;
  value: Buffer;
  headers: Record<string, Buffer | undefined>;
}

export interface EventFindings {
  /** Events that the log says should be there. */
  expected: number;
  /** Of those, the ones that are there. */
  found: number;
  repeated: number;
  missing: number;
  /** There, but behind one that should follow it. */
  disordered: number;
  /** Of this log by its id, but not known to it. */
  foreign: number;
  /** Known by its id, with other bytes, or under another key. */
  altered: number;
  /** Of other logs, or of nobody's: not looked at. */
  ofOthers: number;
  /** Orders placed and matches since the books were last reset, as they are in the topics; null: the log begins later. */
  sinceReset: { orders: number; matches: number } | null;
  /** The first few problems, in words. */
  problems: string[];
}

const PROBLEMS_TOLD = 10;

interface Wanted {
  sequence: number;
  type: string;
  value: string;
  isFound: boolean;
}

/** The events of one topic and symbol, in order. */
interface Lane {
  wanted: Wanted[];
  /** How many of them, from the first on, were passed. */
  passed: number;
}

export class EventCheck {
  readonly #lanes = new Map<string, Lane>();
  readonly #byId = new Map<string, { lane: string; at: number }>();
  readonly #findings: EventFindings = {
    expected: 0,
    found: 0,
    repeated: 0,
    missing: 0,
    disordered: 0,
    foreign: 0,
    altered: 0,
    ofOthers: 0,
    sinceReset: null,
    problems: [],
  };
  #log: ExpectedEvents | null = null;
  /** Sequences of events from behind the log's end when it was replayed. */
  readonly #beyond: number[] = [];

  /** All of them, in the order of the log, before the first record. */
  expect({ topic, key, sequence, eventId, value }: EventRecord): void {
    const name = `${topic}/${key}`;
    const lane = this.#lanes.get(name) ?? { wanted: [], passed: 0 };
    this.#lanes.set(name, lane);
    this.#byId.set(eventId, { lane: name, at: lane.wanted.length });
    const { type } = JSON.parse(value) as { type: string };
    lane.wanted.push({ sequence, type, value, isFound: false });
    this.#findings.expected++;
  }

  begin(log: ExpectedEvents): void {
    this.#log = log;
  }

  /** A record, each partition's in order. */
  take(record: FoundRecord): void {
    const log = this.#log;
    if (log === null) throw new Error('records come behind what is expected');
    const eventId = record.headers[EVENT_ID_HEADER]?.toString() ?? '';
    const place = parseEventId(eventId, log.shardId);
    if (record.headers[LOG_ID_HEADER]?.toString() !== log.logId) {
      this.#findings.ofOthers++;
      return;
    }
    const known = this.#byId.get(eventId);
    if (known !== undefined) {
      this.#takeKnown(record, eventId, known);
      return;
    }
    if (place !== null && place.sequence <= log.afterSequence) return;
    if (place !== null && place.sequence > log.lastSequence) {
      this.#beyond.push(place.sequence);
      return;
    }
    this.#findings.foreign++;
    this.#problem(record, `${eventId === '' ? 'no id' : eventId}: the log has no such event`);
  }

  /** There were events from behind the log's end: is it still the end? */
  get hasBeyond(): boolean {
    return this.#beyond.length > 0;
  }

  /** The log goes up to here by now: what is behind that, it cannot have told. */
  endsAt(lastSequence: number): void {
    const foreign = this.#beyond.filter((sequence) => sequence > lastSequence);
    this.#findings.foreign += foreign.length;
    if (foreign.length > 0)
      this.#findings.problems.push(`${foreign.length} events from behind sequence ${lastSequence}, the log's last`);
  }

  get isComplete(): boolean {
    return this.#findings.found === this.#findings.expected;
  }

  end(): EventFindings {
    const missing = [...this.#lanes].flatMap(([lane, { wanted }]) => {
      return wanted.filter(({ isFound }) => !isFound).map(({ sequence }) => ({ lane, sequence }));
    });
    const [first] = missing.sort((left, right) => left.sequence - right.sequence);
    const told =
      first === undefined ? [] : [`${first.lane}: ${missing.length} missing, the first of sequence ${first.sequence}`];
    const problems = [...told, ...this.#findings.problems];
    return { ...this.#findings, missing: missing.length, sinceReset: this.#sinceReset(), problems };
  }

  #takeKnown(record: FoundRecord, eventId: string, { lane: name, at }: { lane: string; at: number }): void {
    const lane = this.#lanes.get(name);
    const wanted = lane?.wanted[at];
    if (lane === undefined || wanted === undefined) return;
    if (`${record.topic}/${record.key}` !== name || record.value.toString('utf8') !== wanted.value) {
      this.#findings.altered++;
      this.#problem(record, `${eventId}: other bytes than the log's`);
    }
    if (wanted.isFound) {
      this.#findings.repeated++;
      return;
    }
    wanted.isFound = true;
    this.#findings.found++;
    if (at < lane.passed) {
      this.#findings.disordered++;
      this.#problem(record, `${eventId}: behind one that should follow it`);
    }
    lane.passed = Math.max(lane.passed, at + 1);
  }

  #sinceReset(): EventFindings['sinceReset'] {
    const resetSequence = this.#log?.resetSequence ?? null;
    if (resetSequence === null) return null;
    const counts = { orders: 0, matches: 0 };
    for (const { wanted } of this.#lanes.values()) {
      for (const { sequence, type, isFound } of wanted) {
        if (!isFound || sequence <= resetSequence) continue;
        if (type === 'ORDER_PLACED') counts.orders++;
        if (type === 'MATCH_EXECUTED') counts.matches++;
      }
    }
    return counts;
  }

  #problem({ topic, partition, offset }: FoundRecord, what: string): void {
    if (this.#findings.problems.length < PROBLEMS_TOLD) {
      this.#findings.problems.push(`${topic}/${partition} at offset ${offset}: ${what}`);
    }
  }
}

/** Nothing missing, nothing that should not be there, everything in order. */
export function isRight({ missing, disordered, foreign, altered }: EventFindings): boolean {
  return missing + disordered + foreign + altered === 0;
}
