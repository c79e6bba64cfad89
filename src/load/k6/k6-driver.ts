/** The load driver that runs k6 with the scripts in `k6/`: its requests and its schedule, mex's evidence. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { phaseDurationMs } from '../../experiment/cases.ts';
import type { LoadDriver, LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { seedBooks } from '../seed-books.ts';
import { troubleOf } from './k6-exit.ts';
import { type K6End, runK6 } from './k6-process.ts';
import { type K6Summary, parseK6Summary } from './k6-summary.ts';
import { OrderLines } from './order-lines.ts';

export interface K6DriverOptions {
  /** The program. Default `k6` of the PATH. */
  k6?: string;
  /** Where its scripts are. */
  scripts?: string;
}

const SCRIPTS = fileURLToPath(new URL('../../../k6/', import.meta.url));

export class K6Driver implements LoadDriver {
  readonly name = 'k6';
  readonly #k6: string;
  readonly #scripts: string;

  constructor({ k6 = 'k6', scripts = SCRIPTS }: K6DriverOptions = {}) {
    this.#k6 = k6;
    this.#scripts = scripts;
  }

  async seed(plan: LoadPlan, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await seedBooks(plan, signal);
  }

  async run(plan: LoadPlan, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadRun> {
    signal.throwIfAborted();
    const folder = await mkdtemp(join(tmpdir(), 'mex-k6-'));
    try {
      const planFile = join(folder, 'plan.json');
      await writeFile(planFile, JSON.stringify(plan));
      const lines = new OrderLines(plan);
      const plannedMs = phaseDurationMs(plan.phase);
      const tell = progressOf(lines, plannedMs);
      const end = await runK6({
        program: this.#k6,
        script: join(this.#scripts, plan.k6Script),
        planFile,
        plannedMs,
        signal,
        onText: (text) => lines.take(text),
        onSecond: () => onProgress(tell()),
      });
      return loadRun(plan, lines, { end, signal });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function loadRun(plan: LoadPlan, lines: OrderLines, { end, signal }: { end: K6End; signal: AbortSignal }): LoadRun {
  const { startedAtMs } = lines;
  const summary = parseK6Summary(end.stdout);
  const trouble = signal.aborted ? 'the load was stopped' : (end.failure ?? troubleOf(end.code, end.signal));
  if (startedAtMs === null) {
    signal.throwIfAborted();
    throw new MexError(`k6 sent nothing: ${trouble ?? 'no order was told'}${end.lastWords}`, {
      code: 'K6_FAILED',
      exit: EXIT.environment,
      suggestion: `Look into k6/${plan.k6Script}, or leave --driver k6 out`,
    });
  }
  const endedAtMs = Math.max(lines.endedAtMs, startedAtMs);
  const reachedMs = Math.min(endedAtMs - startedAtMs, phaseDurationMs(plan.phase));
  const { sent } = lines.recorder.counts;
  lines.recorder.counts.dropped = summary?.dropped ?? 0;
  const brokenOff = trouble === null ? disagreement(sent, summary) : `${trouble}${end.lastWords}`;
  const replenished = summary?.replenished ?? { orders: 0, reads: 0, failures: 0, blockedLevels: 0 };
  return {
    startedAtMs,
    endedAtMs: Math.round(endedAtMs),
    evidence: lines.evidence(reachedMs, replenished),
    generator: { cpuMs: end.cpuMs },
    ...(brokenOff === null ? {} : { brokenOff }),
  };
}

/** k6 says 0 also when every iteration threw: its count and the lines of its script must be the same. */
function disagreement(sent: number, summary: K6Summary | undefined): string | null {
  if (summary === undefined) return 'k6 left no summary';
  if (summary.iterations === sent) return null;
  return `k6 counted ${summary.iterations} iterations, and its script told of ${sent} orders`;
}

/** How far it is, each time that it is asked. */
function progressOf(lines: OrderLines, plannedMs: number): () => LoadProgress {
  let before = { elapsedMs: 0, sent: 0 };
  return () => {
    const { recorder, startedAtMs } = lines;
    const { sent, refused, unknown } = recorder.counts;
    const elapsedMs = startedAtMs === null ? 0 : Math.min(plannedMs, Date.now() - startedAtMs);
    const seconds = (elapsedMs - before.elapsedMs) / 1_000;
    const ratePerSecond = seconds > 0 ? (sent - before.sent) / seconds : 0;
    before = { elapsedMs, sent };
    return { elapsedMs, plannedMs, sent, failed: refused + unknown, ratePerSecond, p99Ms: recorder.p99Ms() };
  };
}
