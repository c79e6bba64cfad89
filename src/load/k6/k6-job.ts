/** One Job of k6: its lines while it writes them, and its end, as that of a k6 on this machine is told. */
import { createHash } from 'node:crypto';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { JobOutcome, JobRef } from '../../kubernetes/job.ts';
import { nameOf } from '../../kubernetes/kinds.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { CONTAINER } from './job-manifests.ts';
import type { K6End } from './k6-process.ts';
import { SummaryReader } from './summary-frame.ts';

/** To a node, its images there, its container running: pulling takes the most of it. */
export const START_MS_MAX = 300_000;

export interface K6JobOptions {
  ref: JobRef;
  /** Each line that is none of the summary. */
  onLine(line: string): void;
  /** From its container running to its end. */
  limitMs: number;
  everyMs: number;
}

export interface RunningK6Job {
  /** Its pod, once its container runs. @throws MexError with the pod's own reason when it cannot */
  started: Promise<string>;
  /** Never rejects: a Job that was lost ended in failure. */
  ended: Promise<K6End>;
}

/** Follows a Job that was applied, until it has ended or the signal aborts. */
export function followK6Job(cluster: KubeCluster, options: K6JobOptions, signal: AbortSignal): RunningK6Job {
  const { ref, onLine, limitMs, everyMs } = options;
  const summary = new SummaryReader((text) => createHash('sha256').update(text).digest('hex'));
  const { promise: started, resolve: onStarted, reject: onNotStarted } = Promise.withResolvers<string>();
  started.catch(() => undefined);
  const ended = cluster
    .runJob(
      ref,
      {
        container: CONTAINER,
        onLine: (line) => {
          if (!summary.take(line)) onLine(line);
        },
        onStarted,
        startMsMax: START_MS_MAX,
        limitMs,
        everyMs,
      },
      signal,
    )
    .then(
      (outcome) => {
        onNotStarted(overBeforeStart(ref, outcome));
        return endOf(outcome, summary.end());
      },
      (thrown: unknown): K6End => {
        onNotStarted(thrown);
        return { code: null, signal: null, stdout: summary.end().text, cpuMs: null, failure: messageOf(thrown) };
      },
    );
  return { started, ended };
}

/** What a container that was killed by SIGKILL ends with. */
const KILLED = 137;
/** A run that came to its end; 99 where thresholds were crossed. */
const AT_ITS_END: readonly (number | undefined)[] = [0, 99];

function endOf({ exitCode, killed, reason }: JobOutcome, summary: ReturnType<SummaryReader['end']>): K6End {
  // The CPU time that k6 took is not this machine's.
  const about = { signal: null, stdout: summary.text, cpuMs: null };
  if (AT_ITS_END.includes(exitCode)) return { ...about, code: exitCode ?? null, failure: summary.problem };
  if (killed !== undefined)
    return { ...about, code: exitCode ?? null, failure: `k6 was ended with its pod: ${killed}` };
  if (exitCode === undefined) {
    return { ...about, code: null, failure: `k6 was ended with its pod: ${reason ?? 'its Job says no more'}` };
  }
  return exitCode === KILLED
    ? { ...about, code: null, signal: 'SIGKILL', failure: null }
    : { ...about, code: exitCode, failure: null };
}

function overBeforeStart(ref: JobRef, { killed, reason }: JobOutcome): MexError {
  const why = killed ?? reason ?? 'it gave no reason';
  return new MexError(`${nameOf(ref)} was over before k6 ran: ${why}`, { code: 'K6_FAILED', exit: EXIT.environment });
}
