/**
 * The load driver that runs k6 in Jobs of a cluster: the scripts, the evidence and the checks of it are those of
 * `k6-driver.ts`; what k6 tells comes out of the logs of its pods.
 *
 * Guarantees: a line that is lost, cut or told twice on its way changes no figure unnoticed; a Job that was killed, late or
 * apart from the others breaks the load off; nothing of it stays in the cluster, and what an earlier mex has left there is
 * removed before.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../errors/mex-error.ts';
import { phaseDurationMs } from '../../experiment/cases.ts';
import type { KubeCluster } from '../../kubernetes/kube-cluster.ts';
import { parseManifests } from '../../kubernetes/manifests.ts';
import { LOOK_EVERY_MS } from '../../kubernetes/poll.ts';
import type { LoadDriver, LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { seedBooks } from '../seed-books.ts';
import { type LoadJobs, loadJobs } from './job-manifests.ts';
import { JobsConductor, jobLimitMs } from './jobs-conductor.ts';
import { followK6Job, type RunningK6Job, START_MS_MAX } from './k6-job.ts';
import type { K6Lines } from './k6-lines.ts';
import { K6Load } from './k6-load.ts';
import { K6Log } from './k6-log.ts';
import { removeLoadObjects } from './load-objects.ts';

export interface K6JobsDriverOptions {
  /** Whoever gives it closes it. */
  cluster: () => Promise<KubeCluster>;
  /** Of mex, as the cluster has it. */
  image: string;
  /** Default: the one of `manifests/k6/job.yaml`. */
  k6Image?: string;
  /** How many k6 share the load. */
  jobs: number;
  /** Between two looks at the cluster. */
  everyMs?: number;
}

const TEMPLATE = fileURLToPath(new URL('../../../manifests/k6/job.yaml', import.meta.url));
const ID_BYTES = 4;
/** For all that is removed at the end, whatever the cluster does. */
const REMOVE_MS_MAX = 180_000;

/** One Job's output: what its script tells, and what is kept of its words. */
interface Output {
  log: K6Log | null;
  lines: K6Lines;
}

export class K6JobsDriver implements LoadDriver {
  readonly name = 'k6';
  readonly #options: K6JobsDriverOptions & { everyMs: number };

  constructor(options: K6JobsDriverOptions) {
    this.#options = { everyMs: LOOK_EVERY_MS, ...options };
  }

  async seed(plan: LoadPlan, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await seedBooks(plan, signal);
  }

  async run(plan: LoadPlan, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadRun> {
    signal.throwIfAborted();
    const made = await this.#manifests(plan);
    const cluster = await this.#options.cluster();
    const where = { namespace: made.namespace, everyMs: this.#options.everyMs };
    const left = await removeLoadObjects(cluster, where, signal);
    const load = new K6Load({ ...plan, ...(made.remoteWriteUrl && { remoteWriteUrl: made.remoteWriteUrl }) });
    const outputs = await this.#outputs(plan, load);
    const say = (text: string): void => {
      for (const { log } of outputs) log?.say(`mex: ${text}`);
    };
    if (left.length > 0) say(`removed what an earlier load had left: ${left.join(', ')}`);
    let notRemoved: string | null = null;
    const { ends, cause } = await this.#send(cluster, { plan, made, load, outputs, onProgress }, signal)
      .catch(async (thrown: unknown) => {
        say(messageOf(thrown));
        await Promise.all(outputs.map(({ log }) => log?.close('')));
        throw thrown;
      })
      .finally(async () => {
        notRemoved = await removed(cluster, where);
      });
    const trouble = cause !== null && !signal.aborted ? cause : load.troubleOf(ends, signal);
    outputs.forEach(({ log }, index) => {
      log?.say(`mex: ${trouble ?? `k6 ended with ${ends[index]?.code}`}`);
    });
    const notKept = await Promise.all(outputs.map(async ({ log }, index) => log?.close(ends[index]?.stdout ?? '')));
    if (load.orders.startedAtMs === null) signal.throwIfAborted();
    const notes = [...notKept, notRemoved].filter((note) => typeof note === 'string');
    return load.run(ends, { trouble, notes: [...this.#noteOfStarts(load), ...notes] });
  }

  async #manifests(plan: LoadPlan): Promise<LoadJobs> {
    const template = await parseManifests(await readFile(TEMPLATE, 'utf8'), TEMPLATE);
    const { image, k6Image, jobs } = this.#options;
    const id = randomBytes(ID_BYTES).toString('hex');
    const deadlineMs = START_MS_MAX + jobLimitMs(phaseDurationMs(plan.phase));
    return loadJobs(template, { plan, image, k6Image, jobs, id, deadlineMs });
  }

  #outputs({ logs }: LoadPlan, load: K6Load): Promise<Output[]> {
    const { jobs } = this.#options;
    return Promise.all(
      Array.from({ length: jobs }, async (_, index) => {
        const name = jobs === 1 ? logs?.name : `${logs?.name}-job${index + 1}`;
        const log = logs === undefined ? null : await K6Log.open({ folder: logs.folder, name: name ?? '' });
        return { log, lines: load.reader((line) => log?.line(line), index) };
      }),
    );
  }

  async #send(cluster: KubeCluster, load: LoadUnderWay, signal: AbortSignal) {
    const { made, outputs, plan, onProgress } = load;
    await cluster.apply([made.configMap, ...made.jobs], signal);
    const hard = new AbortController();
    const plannedMs = phaseDurationMs(plan.phase);
    const { everyMs } = this.#options;
    const jobs: RunningK6Job[] = made.jobs.map(({ metadata: { name } }, index) => {
      const { log, lines } = outputs[index] ?? {};
      log?.say(`mex runs Job ${name}`);
      const ref = { kind: 'Job', name, namespace: made.namespace } as const;
      const onLine = (line: string): void => lines?.take(`${line}\n`);
      return followK6Job(cluster, { ref, onLine, limitMs: jobLimitMs(plannedMs), everyMs }, hard.signal);
    });
    const onSecond = (): void => onProgress(load.load.progress());
    const startsApartMs = (): number => load.load.orders.startsApartMs;
    const conductor = new JobsConductor(jobs, { plannedMs, everyMs, onSecond, startsApartMs }, hard);
    return conductor.run((pod) => ({ cluster, namespace: made.namespace, pod }), signal);
  }

  #noteOfStarts({ orders }: K6Load): string[] {
    const { jobs } = this.#options;
    if (jobs === 1) return [];
    return [
      `k6 sent from ${jobs} Jobs, which began ${Math.max(0, orders.startsApartMs)} ms apart: when an order was due counts from the start of its own Job`,
    ];
  }
}

interface LoadUnderWay {
  plan: LoadPlan;
  made: LoadJobs;
  load: K6Load;
  outputs: readonly Output[];
  onProgress: (progress: LoadProgress) => void;
}

/** @returns what could not be removed, and why; null: all was */
async function removed(cluster: KubeCluster, where: Parameters<typeof removeLoadObjects>[1]): Promise<string | null> {
  try {
    await removeLoadObjects(cluster, where, AbortSignal.timeout(REMOVE_MS_MAX));
    return null;
  } catch (thrown) {
    return `what the load had put into the cluster could not be removed: ${messageOf(thrown)}`;
  }
}
