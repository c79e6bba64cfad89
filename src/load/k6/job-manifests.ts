/**
 * The Jobs that send one phase's load from inside a cluster, made from the file that a person applies by hand,
 * `manifests/k6/job.yaml`: all that stands in it stays as it is, but for what a phase, an image and a share of it change. The
 * plan goes with them as a ConfigMap. Pure.
 */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { KubeObject } from '../../kubernetes/object-types.ts';
import type { LoadPlan } from '../load-plan.ts';
import { k6Command } from './k6-command.ts';

export interface JobsWanted {
  plan: LoadPlan;
  /** Of mex, which has the scripts. */
  image: string;
  /** Absent: the one of the file. */
  k6Image: string | undefined;
  jobs: number;
  /** Part of every name, so that nothing of an earlier load is taken for this one's. */
  id: string;
  /** From its start, a Job's end at the latest. */
  deadlineMs: number;
}

/** On everything that this makes: what a mex that was killed has left is found by it. */
export const LOAD_JOB_LABELS = {
  'app.kubernetes.io/managed-by': 'mex',
  'app.kubernetes.io/component': 'load',
} as const;
export const CONTAINER = 'k6';
/** Within the pod alone. */
export const CONTROL_ADDRESS = '127.0.0.1:6565';
export const CONTROL_SCRIPT = '/scripts/k6/lib/control.js';

/** What the API server takes. */
const CONFIG_MAP_BYTES_MAX = 1024 * 1024;
const PLAN_FILE = 'plan.json';
const PLAN_FOLDER = '/plan';
const REMOTE_WRITE = 'K6_PROMETHEUS_RW_SERVER_URL';
/** Of the file's environment: what is not of one case, which the plan has. */
const KEPT = /^(ADMIN_TOKEN$|K6_)/;

interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; [field: string]: unknown }[];
  volumeMounts?: object[];
}

interface PodSpec {
  initContainers: Container[];
  containers: Container[];
  volumes: object[];
}

interface JobManifest extends KubeObject {
  metadata: KubeObject['metadata'] & { namespace: string };
  spec: { template: { metadata: { labels?: Record<string, string> }; spec: PodSpec } };
}

export interface LoadJobs {
  namespace: string;
  configMap: KubeObject;
  jobs: KubeObject[];
  /** Where k6 pushes what it measures. */
  remoteWriteUrl: string | undefined;
}

/** @param template the objects of `manifests/k6/job.yaml` */
export function loadJobs(template: readonly KubeObject[], wanted: JobsWanted): LoadJobs {
  const job = template.find(({ kind }) => kind === 'Job') as JobManifest;
  const { namespace } = job.metadata;
  const name = `k6-${wanted.id}`;
  const labels = { ...job.metadata.labels, ...LOAD_JOB_LABELS };
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data: { [PLAN_FILE]: planText(wanted.plan) },
  };
  const jobs = Array.from({ length: wanted.jobs }, (_, index) => jobOf(job, { wanted, index, name }));
  const url = job.spec.template.spec.containers[0]?.env?.find((one) => one.name === REMOTE_WRITE)?.value;
  return { namespace, configMap, jobs, remoteWriteUrl: typeof url === 'string' ? url : undefined };
}

function jobOf(job: JobManifest, { wanted, index, name }: { wanted: JobsWanted; index: number; name: string }) {
  const labels = { ...job.metadata.labels, ...LOAD_JOB_LABELS };
  const { template } = job.spec;
  const { initContainers, containers, volumes } = template.spec;
  return {
    ...job,
    metadata: { ...job.metadata, name: `${name}-${index + 1}`, labels },
    spec: {
      ...job.spec,
      activeDeadlineSeconds: Math.ceil(wanted.deadlineMs / 1_000),
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...LOAD_JOB_LABELS } },
        spec: {
          ...template.spec,
          initContainers: initContainers.map((one) => ({ ...one, image: wanted.image })),
          containers: containers.map((one) => (one.name === CONTAINER ? k6Container(one, wanted, index) : one)),
          volumes: [...volumes, { name: 'plan', configMap: { name } }],
        },
      },
    },
  };
}

function k6Container(container: Container, { plan, k6Image, jobs }: JobsWanted, index: number): Container {
  const kept = (container.env ?? []).filter(({ name }) => KEPT.test(name));
  const remoteWriteUrl = kept.find(({ name }) => name === REMOTE_WRITE)?.value;
  const { argv, env } = k6Command({
    script: `/scripts/k6/${plan.k6Script}`,
    planFile: `${PLAN_FOLDER}/${PLAN_FILE}`,
    testId: plan.testId,
    remoteWriteUrl: typeof remoteWriteUrl === 'string' ? remoteWriteUrl : undefined,
  });
  const [run = '', ...options] = argv;
  const added = { ...env, SUMMARY: 'framed' };
  return {
    ...container,
    image: k6Image ?? container.image,
    args: [run, '--paused', '--address', CONTROL_ADDRESS, ...shareOf(index, jobs), ...options],
    env: [
      ...kept.filter(({ name }) => !(name in added)),
      ...Object.entries(added).map(([name, value]) => ({ name, value })),
    ],
    volumeMounts: [...(container.volumeMounts ?? []), { name: 'plan', mountPath: PLAN_FOLDER, readOnly: true }],
  };
}

/** Without a tag of its own its series would be those of the other Jobs. */
function shareOf(index: number, jobs: number): string[] {
  return jobs === 1 ? [] : [...segmentOf(index, jobs), '--tag', `load_job=${index + 1}`];
}

/** Which share of the schedule: of the orders one after the other each Job has its turn. */
export function segmentOf(index: number, jobs: number): string[] {
  if (jobs === 1) return [];
  const bounds = Array.from({ length: jobs + 1 }, (_, n) => (n === 0 ? '0' : n === jobs ? '1' : `${n}/${jobs}`));
  const segment = `${bounds[index]}:${bounds[index + 1]}`;
  return ['--execution-segment', segment, '--execution-segment-sequence', bounds.join(',')];
}

/** As pods see it, and without what is of this machine or a secret: the token comes out of the cluster's own Secret. */
function planText(plan: LoadPlan): string {
  const { adminToken: _token, logs: _logs, remoteWriteUrl: _url, ordersUrlInside, ...rest } = plan;
  if (ordersUrlInside === undefined) {
    throw new MexError('k6 in the cluster cannot reach the servers: they do not run in it', {
      code: 'NOT_IN_CLUSTER',
      exit: EXIT.usage,
      suggestion: 'Deploy there first: mex deploy single --target k8s',
    });
  }
  const text = JSON.stringify({ ...rest, ordersUrl: ordersUrlInside, seedUrls: {} });
  if (Buffer.byteLength(text) <= CONFIG_MAP_BYTES_MAX) return text;
  throw new MexError(`The plan of a phase takes ${Buffer.byteLength(text)} bytes, and a ConfigMap takes 1 MiB`, {
    code: 'PLAN_TOO_LARGE',
    exit: EXIT.environment,
  });
}
