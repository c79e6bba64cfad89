/** What `mex results --prometheus` does: measures a kept run again, or judges what a Prometheus holds of a stretch of time. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type AsrId, CASES, type Case, phaseDurationMs, shardsOf } from '../experiment/cases.ts';
import type { ObservedPage } from '../report/observed-report.ts';
import type { RunRecord } from '../report/run-record.ts';
import type { MetricsSource } from '../telemetry/metrics-source.ts';
import { describeMetrics, selectMetrics } from './select-metrics.ts';

/** The cases of one phase that a stretch of time can be taken for; the first of an ASR where none is named. */
export const OBSERVABLE = ['a2', 'b2', 'b1', 'b4', 'b6'] as const;

/** The run with its servers measured by that Prometheus, its client's side as it was kept; not judged yet. */
export async function measuredAgain(record: RunRecord, url: string): Promise<RunRecord> {
  const { source, metrics } = await connect(url);
  const { measureAgain } = await import('../runner/measure-again.ts');
  const cases = [];
  for (const one of record.cases) cases.push(await measureAgain(one, source));
  return { ...record, config: { ...record.config, metrics }, cases };
}

export interface ObservedQuestion {
  url: string;
  asr: AsrId;
  /** Which case's load it was. */
  as?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  nowMs: number;
}

/** @throws MexError for times that are none. */
export async function observed(question: ObservedQuestion): Promise<ObservedPage> {
  const experiment = observableCase(question);
  const [phase] = experiment.phases;
  if (phase === undefined) throw new Error(`${experiment.id} has no phase`);
  const { source, metrics } = await connect(question.url);
  const toMs = question.to === undefined ? question.nowMs - 2 * source.intervalMsMax : instantOf('to', question.to);
  const fromMs = question.from === undefined ? toMs - phaseDurationMs(phase) : instantOf('from', question.from);
  if (!(toMs - fromMs >= STRETCH_MS_MIN)) {
    throw badFlag(
      `--from to --to is ${(toMs - fromMs) / 1_000} s`,
      `Expected are at least ${STRETCH_MS_MIN / 1_000} s.`,
    );
  }
  const [{ measureWindow }, { judgeObserved }] = await Promise.all([
    import('../runner/measure-window.ts'),
    import('../verdict/judge-observed.ts'),
  ]);
  const measured = await measureWindow(source, experiment, { fromMs, toMs });
  return { ...judgeObserved(measured, shardsOf(phase)), fromMs, toMs, metrics };
}

/** As the shortest phase of a shortened run. */
const STRETCH_MS_MIN = 10_000;

function observableCase({ asr, as }: ObservedQuestion): Case {
  const ofAsr = CASES.filter((one) => one.asr === asr && OBSERVABLE.some((id) => id === one.id));
  const wanted = as ?? OBSERVABLE.find((id) => ofAsr.some((one) => one.id === id));
  const found = ofAsr.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  throw badFlag(`--as ${as} with ${asr}`, `There are: ${ofAsr.map(({ id }) => id).join(', ')}.`);
}

async function connect(url: string): Promise<{ source: MetricsSource; metrics: string }> {
  const choice = await selectMetrics({ prometheus: url }, 'embedded');
  if (choice.kind !== 'given') throw new Error('a Prometheus was given');
  const { PrometheusSource } = await import('../telemetry/prometheus/prometheus-source.ts');
  return { source: await PrometheusSource.connect(choice.url), metrics: describeMetrics(choice) };
}

/** ISO 8601, or seconds since 1970. */
function instantOf(flag: string, text: string): number {
  const ms = /^\d{9,11}(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  if (Number.isFinite(ms)) return Math.round(ms);
  throw badFlag(`--${flag} ${text}: no instant`, 'Expected is 2026-11-24T20:15:00Z or seconds since 1970.');
}

function badFlag(message: string, suggestion: string): MexError {
  return new MexError(message, { code: 'BAD_FLAG', exit: EXIT.usage, suggestion });
}
