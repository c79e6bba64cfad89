/**
 * Several Jobs of k6 that send one load: begun together once all of them are ready, and ended together, when one of them
 * fails, when they take too long, or when somebody wants it. Every wait is bounded.
 *
 * Left out: clocks of nodes that differ from each other. When a Job began is told by its own, which `k6-control.ts` holds
 * against this machine's.
 */
import { messageOf } from '../../errors/mex-error.ts';
import { type PodOfK6, READY_MS_MAX, release, stop, untilReady } from './k6-control.ts';
import { troubleOfEnd } from './k6-exit.ts';
import { type RunningK6Job, START_MS_MAX } from './k6-job.ts';
import type { K6End } from './k6-process.ts';

export interface LoadOfJobs {
  plannedMs: number;
  everyMs: number;
  onSecond(): void;
  /** From the first Job's start to the last one's, by what they told so far. */
  startsApartMs(): number;
}

/** For the calls that release k6 to reach every pod: a second k6 starts there, on a CPU that is shared. */
const RELEASE_AFTER_MS = 3_000;
/**
 * Released at one time by the clocks there, Jobs begin within some tens of milliseconds. A quarter of a second is still
 * little beside the second, in which figures are kept, and the shortest stage; beyond it two halves of a burst miss each other.
 */
const STARTS_APART_MS_MAX = 250;
/** Beyond the planned time: the last answers, a replenishing round, the release. */
const OVERTIME_MS_MAX = 60_000;
/** After it was told to stop: orders under way, the summary, and the Job being told complete. */
const GONE_MS_MAX = 60_000;

/** From a Job's container running to its end, at most. */
export function jobLimitMs(plannedMs: number): number {
  return START_MS_MAX + READY_MS_MAX + RELEASE_AFTER_MS + plannedMs + OVERTIME_MS_MAX + GONE_MS_MAX;
}

export class JobsConductor {
  readonly #jobs: readonly RunningK6Job[];
  readonly #load: LoadOfJobs;
  /** Ends all that is under way here; the pods go when their Jobs are removed. */
  readonly #hard: AbortController;
  #pods: PodOfK6[] = [];
  #cause: string | null = null;
  #stopping: Promise<void> | null = null;

  /** @param hard whose signal the Jobs are followed by */
  constructor(jobs: readonly RunningK6Job[], load: LoadOfJobs, hard: AbortController) {
    this.#jobs = jobs;
    this.#load = load;
    this.#hard = hard;
    for (const { ended } of jobs) void ended.then((end) => this.#onEnd(end));
  }

  /**
   * To the end of every Job; the cause is why they were ended early, null where none was.
   * @throws MexError when one cannot start or be made ready; the signal's reason, when it aborts before the release
   */
  async run(podsOf: (pod: string) => PodOfK6, signal: AbortSignal): Promise<{ ends: K6End[]; cause: string | null }> {
    const onAbort = (): void => this.#hard.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      this.#pods = (await Promise.all(this.#jobs.map(({ started }) => started))).map(podsOf);
      if (await this.#areReady()) await this.#send(signal, onAbort);
    } finally {
      signal.removeEventListener('abort', onAbort);
      // After the release all have ended by now; before it nothing was sent, and there is nothing to wait for.
      this.#hard.abort(new Error(this.#cause ?? 'another Job of the load did not start'));
      await this.#ends();
    }
    return { ends: await this.#ends(), cause: this.#cause };
  }

  /** False: one of them has ended instead. */
  async #areReady(): Promise<boolean> {
    const { everyMs } = this.#load;
    const ready = Promise.all(this.#pods.map((pod) => untilReady(pod, { signal: this.#hard.signal, everyMs })));
    ready.catch(() => undefined);
    const ended = this.#jobs.map((job) => job.ended.then(() => false));
    return Promise.race([ready.then(() => true), ...ended]);
  }

  async #send(signal: AbortSignal, onAbort: () => void): Promise<void> {
    signal.removeEventListener('abort', onAbort);
    const onStop = (): void => void this.#stop('the load was stopped');
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    const { plannedMs, onSecond } = this.#load;
    const late = `k6 had not ended ${OVERTIME_MS_MAX / 1_000} s after its plan, and was stopped`;
    const overtime = setTimeout(() => void this.#stop(late), RELEASE_AFTER_MS + plannedMs + OVERTIME_MS_MAX);
    const seconds = setInterval(() => {
      onSecond();
      this.#checkStarts();
    }, 1_000);
    try {
      await this.#release();
      await this.#ends();
      this.#checkStarts();
      await this.#stopping;
    } finally {
      clearTimeout(overtime);
      clearInterval(seconds);
      signal.removeEventListener('abort', onStop);
    }
  }

  #ends(): Promise<K6End[]> {
    return Promise.all(this.#jobs.map(({ ended }) => ended));
  }

  async #release(): Promise<void> {
    const atMs = Date.now() + RELEASE_AFTER_MS;
    const released = await Promise.allSettled(this.#pods.map((pod) => release(pod, atMs, this.#hard.signal)));
    const failed = released.find((one) => one.status === 'rejected');
    if (failed !== undefined) void this.#stop(`k6 could not be released: ${messageOf(failed.reason)}`);
  }

  #checkStarts(): void {
    const apartMs = this.#load.startsApartMs();
    if (apartMs <= STARTS_APART_MS_MAX) return;
    void this.#stop(`its Jobs began ${apartMs} ms apart, and no more than ${STARTS_APART_MS_MAX} ms are one schedule`);
  }

  /** Without one of them the others send another load. */
  #onEnd(end: K6End): void {
    const trouble = troubleOfEnd(end);
    if (trouble !== null) void this.#stop(trouble);
  }

  /** Once: each k6 that still runs, in good order; then what has not ended is left alone. The first cause counts. */
  #stop(cause: string): Promise<void> {
    if (this.#stopping !== null) return this.#stopping;
    this.#cause = cause;
    const gone = setTimeout(() => this.#hard.abort(new Error('it did not end when it was told to')), GONE_MS_MAX);
    const told = this.#pods.map((pod) => stop(pod, this.#hard.signal).catch(() => undefined));
    this.#stopping = Promise.all([this.#ends(), ...told]).then(() => clearTimeout(gone));
    return this.#stopping;
  }
}
