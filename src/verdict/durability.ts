/**
 * A shard's server was lost in mid-case: is every acknowledged order in its log, and how long did it take to come back?
 *
 * The client counts what it was told, the log what there is. An order without an answer may be in the log or not, so those
 * are looked for there by name. Where nobody could, they may stand in the log in place of acknowledged ones that are missing:
 * that is said as a bound. An order whose connection was never made cannot be in the log, and leaves nothing open.
 *
 * Its events belong to it: one that is not in the topics, after a wait, is lost as well. Not spoken of: the seeds that refill
 * the books.
 */
import type { CaseEvidence, LoadEvidence, PhaseEvidence, ShardEvidence } from '../experiment/evidence.ts';
import { whole } from './wording.ts';

export interface DurabilityResult {
  /** INCONCLUSIVE: nothing is known to be lost, and not all of it can be excluded. INVALID: it cannot be told. */
  verdict: 'PASS' | 'FAIL' | 'INCONCLUSIVE' | 'INVALID';
  because: string;
  acknowledged: number;
  /** Orders without an answer that may have been taken. */
  open: number;
  /** Null: the log could not be read. */
  logged: number | null;
  /** Acknowledged and not in the log: at least, at most. */
  lostMin: number;
  lostMax: number;
  /** From the loss: until orders were accepted again, at the latest; until the successor was ready. Null: it was not seen. */
  acceptedAgainMs: number | null;
  readyMs: number | null;
}

/** How an attempt to connect ends that was not let through; nothing was sent then. */
const NEVER_SENT = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
const SECOND_MS = 1_000;

/** Undefined: nothing was lost on purpose. Of several phases the worst counts. */
export function durabilityOf(evidence: CaseEvidence): DurabilityResult | undefined {
  const results = evidence.phases.flatMap((phase) => (phase.loss === undefined ? [] : [ofPhase(phase, phase.loss)]));
  const worst = (['FAIL', 'INVALID', 'INCONCLUSIVE', 'PASS'] as const).find((verdict) =>
    results.some((one) => one.verdict === verdict),
  );
  return results.find(({ verdict }) => verdict === worst);
}

type Loss = NonNullable<PhaseEvidence['loss']>;

function ofPhase({ load, shards }: PhaseEvidence, loss: Loss): DurabilityResult {
  const { accepted } = load;
  const never = sum(NEVER_SENT.map((key) => load.answers[key] ?? 0));
  const open = Math.max(0, load.unknown - never);
  const about = {
    acknowledged: accepted,
    open,
    acceptedAgainMs: acceptedAgainMs(load, loss),
    readyMs: loss.readyMs === null ? null : loss.readyMs - loss.fromMs,
  };
  const unread = shards.find(({ logged }) => logged === null);
  if (shards.length === 0 || unread !== undefined) {
    const why = unread?.loggedWhyNot ?? 'no shard was measured';
    const because = `the log could not be read, so what was lost is not known: ${why}`;
    return { ...about, verdict: 'INVALID', because, logged: null, lostMin: 0, lostMax: accepted };
  }
  const logged = sum(shards.map((shard) => shard.logged?.orders ?? 0));
  if (accepted === 0) {
    const because = 'no order was acknowledged, so none could be lost';
    return { ...about, verdict: 'INVALID', because, logged, lostMin: 0, lostMax: 0 };
  }
  const lost = lossOf({ accepted, open, logged, openLogged: openLoggedOf(load, shards) });
  return { ...about, logged, ...withEvents(lost, shards) };
}

type Lost = Pick<DurabilityResult, 'verdict' | 'because' | 'lostMin' | 'lostMax'>;

/** Of logged orders. A record of a release that published nothing has none. */
function withEvents(loss: Lost, shards: readonly ShardEvidence[]): Lost {
  if (loss.verdict === 'FAIL') return loss;
  const problem = shards.flatMap(({ shard, published }) => {
    return (published?.problems ?? []).map((words) => `of shard ${shard}: ${words}`);
  })[0];
  if (problem !== undefined)
    return { ...loss, verdict: 'FAIL', because: `EVENTS ARE LOST, ${problem}; ${loss.because}` };
  const unread = shards.find(({ published }) => published === null);
  if (unread === undefined) return loss;
  const because = `${loss.because}; its events could not be read: ${unread.publishedWhyNot ?? 'no reason given'}`;
  return { ...loss, verdict: 'INCONCLUSIVE', because };
}

interface Counts {
  accepted: number;
  open: number;
  logged: number;
  /** Of the open ones, how many are in the log. Undefined: nobody looked for them by name. */
  openLogged: number | undefined;
}

function lossOf(counts: Counts): Lost {
  const { accepted, open, logged, openLogged } = counts;
  const [fewest, most] = openLogged === undefined ? [0, open] : [openLogged, openLogged];
  const lostMin = Math.max(0, accepted - (logged - fewest));
  const lostMax = Math.max(0, Math.min(accepted, accepted - (logged - most)));
  const of =
    openLogged === undefined || open === 0
      ? ''
      : `, ${whole(openLogged)} of them of the ${whole(open)} without an answer`;
  const told = `${whole(accepted)} orders acknowledged, ${whole(logged)} in the log${of}`;
  if (lostMin > 0) {
    return {
      verdict: 'FAIL',
      because: `ACKNOWLEDGED ORDERS ARE LOST, ${whole(lostMin)} of them: ${told}`,
      lostMin,
      lostMax,
    };
  }
  const known = `no acknowledged order is known to be lost: ${told}`;
  if (logged - most > accepted) {
    const because = `${known}; it holds more than there should be, behind which some may be missing`;
    return { verdict: 'INCONCLUSIVE', because, lostMin, lostMax: accepted };
  }
  if (lostMax === 0) return { verdict: 'PASS', because: `no acknowledged order is lost: ${told}`, lostMin, lostMax };
  const doubt = `${whole(open)} without an answer may be among them, so up to ${whole(lostMax)} cannot be excluded`;
  return { verdict: 'INCONCLUSIVE', because: `${known}; ${doubt}`, lostMin, lostMax };
}

function openLoggedOf({ unknown, unknownIds }: LoadEvidence, shards: readonly ShardEvidence[]): number | undefined {
  if (unknown === 0) return 0;
  const found = shards.flatMap(({ logged }) => (logged?.unknown === undefined ? [] : [logged.unknown]));
  return unknownIds?.length === unknown && found.length === shards.length ? sum(found) : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/**
 * The client keeps its orders by the second in which they were due. The first second behind one with failures that has an
 * accepted order ends the gap; its end, and the slowest answer of it, are the latest that it can have been.
 */
function acceptedAgainMs({ seconds }: LoadEvidence, { fromMs }: Loss): number | null {
  const lostIn = Math.floor(fromMs / SECOND_MS);
  const gap = seconds.findIndex(({ failed }, index) => index >= lostIn && failed > 0);
  if (gap < 0) return null;
  const ends = seconds.flatMap(({ sent, failed, p99Us }, index) =>
    index > gap && sent > failed ? [(index + 1) * SECOND_MS + (p99Us ?? 0) / 1_000] : [],
  );
  return ends.length === 0 ? null : Math.round(Math.min(...ends) - fromMs);
}
