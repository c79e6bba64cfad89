/** What a reader must know of a run to weigh its figures, in sentences. */
import { AS_NEEDED } from '../experiment/criteria.ts';
import { phaseName } from './latency-rows.ts';
import { duration, gibibytes, instant } from './quantities.ts';
import type { RunRecord } from './run-record.ts';

export function runFacts(record: RunRecord): string[] {
  const { runId, mexVersion, commit, config, startedAtMs, endedAtMs, interrupted } = record;
  const hash =
    commit === null ? 'no commit' : `commit ${commit.hash.slice(0, 12)}${commit.dirty ? ' with changes' : ''}`;
  const broker = config.broker === undefined ? '' : `, broker ${config.broker}`;
  const metrics = config.metrics === undefined ? '' : `, metrics ${config.metrics}`;
  const facts = [
    `run ${runId}, mex ${mexVersion}, ${hash}, ${instant(startedAtMs)}, ${duration(endedAtMs - startedAtMs)}`,
    `target ${config.target}, driver ${config.driver}${broker}${metrics}, seed ${config.seed}, time scale ${config.timeScale}, repetitions ${config.repeat}`,
    machineFact(record),
    ...clusterFacts(record),
  ];
  const fewCores = fewCoresFact(record);
  if (fewCores !== undefined) facts.push(fewCores);
  facts.push(...repetitionFacts(record), ...faultFacts(record), ...driverFacts(record));
  if (interrupted) facts.push('interrupted: only what was measured until then is judged');
  for (const { caseId, startedAtMs, because } of record.repeated ?? []) {
    facts.push(
      `${caseId.toUpperCase()} was measured before, at ${instant(startedAtMs)}, and did not count: ${because}`,
    );
  }
  return facts;
}

/** Who measures until something can be said must say how often. */
function repetitionFacts({ config, cases }: RunRecord): string[] {
  if (config.repeat !== 'as needed') return [];
  const again = cases.filter(({ repetition }) => repetition === 2);
  return again.map(({ caseId }) => {
    const times = cases.filter((one) => one.caseId === caseId).length;
    const most = `${AS_NEEDED.repetitionsMax} at most`;
    return `${caseId.toUpperCase()}: ${times} repetitions, as many as the noise of what came before asked for (${most})`;
  });
}

/** How each fault was brought about: not every cluster allows each of them. */
function faultFacts({ cases }: RunRecord): string[] {
  return cases.flatMap((evidence) =>
    evidence.phases.flatMap((phase) => {
      if (phase.fault === undefined) return [];
      const { means, fromMs, toMs } = phase.fault;
      return [`${phaseName(evidence, phase)}: ${means}, for ${duration(toMs - fromMs)}`];
    }),
  );
}

/** Where the servers were, and what is known of how busy it was there. */
function clusterFacts({ config: { cluster, load } }: RunRecord): string[] {
  if (cluster === undefined) return [];
  const { kind, context, nodes, broker, observability, place, image } = cluster;
  const each = nodes.map(({ name, cpu, memory, kubelet, forLoad }) => {
    return `${name} (${cpu} CPU, ${memory}, ${kubelet}${forLoad ? ', for the load' : ''})`;
  });
  const from = load?.from === 'cluster' ? `${load.jobs} ${load.jobs === 1 ? 'Job' : 'Jobs'} in the cluster` : 'here';
  const busy =
    kind === 'k3d'
      ? "its nodes are containers of this machine: of others' CPU time only what the hypervisor took is known"
      : 'how busy its nodes were is not known';
  return [
    `cluster ${context}, ${place}, broker ${broker}, observability ${observability}, image ${image}, load from ${from}`,
    `nodes: ${each.join('; ')}; ${busy}`,
  ];
}

/** What the driver cannot know, and what befell it. */
function driverFacts({ config, cases }: RunRecord): string[] {
  const notes = cases.flatMap((evidence) =>
    evidence.phases.flatMap((phase) =>
      (phase.load.notes ?? []).map((note) => `${phaseName(evidence, phase)}: ${note}`),
    ),
  );
  return config.driver === 'k6' ? [K6_FACT, ...notes] : notes;
}

const K6_FACT =
  'k6 measures from when it sends: when an order was due is found from the number of its iteration, to a millisecond, and lag is known no better';

/** `INDICATIVE PASS` in a shortened run: no verdict stands without the mark. */
export function marked(verdict: string, indicative: boolean): string {
  return indicative ? `INDICATIVE ${verdict}` : verdict;
}

const NAMED = ['cpuModel', 'cores', 'memoryBytes', 'os', 'kernel', 'arch', 'node'];

function machineFact({ machine }: RunRecord): string {
  const { cpuModel, cores, memoryBytes, os, kernel, arch, node } = machine;
  const memory = typeof memoryBytes === 'number' ? gibibytes(memoryBytes) : undefined;
  const named = [cpuModel, cores && `${cores} cores`, memory, os, kernel, arch, node && `Node ${node}`];
  const others = Object.entries(machine)
    .filter(([name, value]) => !NAMED.includes(name) && value !== null)
    .map(([name, value]) => `${name} ${value}`);
  return `machine: ${[...named, ...others].filter(Boolean).join(', ') || 'not known'}`;
}

/** Busy processes that share a core wait for each other, and the latency shows it. */
function fewCoresFact({ cases }: RunRecord): string | undefined {
  const machines = cases.flatMap(({ phases }) => phases.map((phase) => phase.machine)).filter((one) => one !== null);
  const cramped = machines
    .map(({ cores, processes }) => ({ cores, busy: Object.keys(processes).length }))
    .filter(({ cores, busy }) => cores < busy);
  const [worst] = cramped.sort((left, right) => right.busy - left.busy);
  if (worst === undefined) return undefined;
  return `fewer cores than busy processes: ${worst.cores} cores for ${worst.busy} processes, so latencies hold time spent waiting for a core`;
}
