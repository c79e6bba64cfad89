/**
 * A shard's server was lost in mid-case: is every acknowledged order in its log, and how long did it take to come back?
 *
 * The client counts what it was told, the log what there is. An order without an answer may be in the log or not, so where
 * the log holds more than was acknowledged, some of it may be such orders, and as many acknowledged ones missing: that is
 * said as a bound. An order whose connection was never made cannot be in the log, and leaves nothing open.
 */
import type { CaseEvidence, LoadEvidence, PhaseEvidence } from '../experiment/evidence.ts';
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
  const never = NEVER_SENT.reduce((sum, key) => sum + (load.answers[key] ?? 0), 0);
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
  const logged = shards.reduce((sum, shard) => sum + (shard.logged?.orders ?? 0), 0);
  const lostMin = Math.max(0, accepted - logged);
  const lostMax = Math.max(0, Math.min(accepted, accepted + open - logged));
  const found = { ...about, logged, lostMin, lostMax };
  const counts = `${whole(accepted)} orders acknowledged, ${whole(logged)} in the log`;
  if (accepted === 0)
    return { ...found, verdict: 'INVALID', because: 'no order was acknowledged, so none could be lost' };
  if (lostMin > 0) {
    return { ...found, verdict: 'FAIL', because: `${whole(lostMin)} ACKNOWLEDGED ORDERS ARE LOST: ${counts}` };
  }
  if (lostMax === 0) return { ...found, verdict: 'PASS', because: `no acknowledged order is lost: ${counts}` };
  const doubt = `${whole(open)} without an answer may be among them, so up to ${whole(lostMax)} cannot be excluded`;
  return {
    ...found,
    verdict: 'INCONCLUSIVE',
    because: `no acknowledged order is known to be lost: ${counts}; ${doubt}`,
  };
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
