/**
 * Images of others (k6, the broker, Prometheus, Grafana) that docker has here already are brought into the nodes of mex's
 * own cluster, so that they need no network for them, and are pulled once in place of once a node. Those that docker lacks
 * the nodes pull.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseManifests } from '../kubernetes/manifests.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import { type ClusterRecord, readRecord } from './cluster-record.ts';
import type { StepOutcome } from './cluster-steps.ts';
import { docker } from './docker.ts';
import { familiarName } from './image-name.ts';
import { loadImage } from './load-image.ts';
import { lookAtCluster } from './own-cluster.ts';
import { isUnderTest } from './parts.ts';

const K6_JOB = fileURLToPath(new URL('../../manifests/k6/job.yaml', import.meta.url));

/** @param objects of the platform, rendered, those of its charts among them */
export async function loadOtherImages(
  objects: readonly KubeObject[],
  folder: string,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const job = await parseManifests(await readFile(K6_JOB, 'utf8'), K6_JOB);
  const images = [...imagesOf(job), ...imagesOf(objects.filter((one) => !isUnderTest(one)))];
  const nodes = await nodesOf(await readRecord(folder), folder, signal);
  const there: string[] = [];
  const loaded: string[] = [];
  const left: string[] = [];
  for (const image of new Set(images.map(familiarName))) {
    const id = await idOf(image, signal);
    if (id === undefined) {
      left.push(image);
      continue;
    }
    const into = await loadImage({ images: [image], id, nodes }, (line) => report(`${image}: ${line}`), signal);
    (into.length === 0 ? there : loaded).push(image);
  }
  const lists = [
    ['loaded', loaded],
    ['there', there],
    ['left to the nodes to pull', left],
  ] as const;
  const found = lists.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]));
  return { changed: loaded.length > 0, found: found.join('; ') };
}

/** Those that pods are made from, but mex's own, whose name is `mex` until it is rendered. */
export function imagesOf(objects: readonly KubeObject[]): string[] {
  return objects.flatMap(({ spec }) => {
    const { template } = (spec ?? {}) as { template?: { spec?: PodSpec } };
    const { containers = [], initContainers = [] } = template?.spec ?? {};
    return [...initContainers, ...containers]
      .map(({ image = '' }) => image)
      .filter((image) => !/^(mex:.*)?$/.test(image));
  });
}

interface PodSpec {
  containers?: { image?: string }[];
  initContainers?: { image?: string }[];
}

/** By digest alone docker cannot save an image with its name. */
async function idOf(image: string, signal: AbortSignal): Promise<string | undefined> {
  if (image.includes('@')) return undefined;
  const listed = await docker(['image', 'ls', '--no-trunc', '--quiet', image], signal);
  const [id = ''] = listed.trim().split('\n');
  return id === '' ? undefined : id;
}

async function nodesOf(record: ClusterRecord | undefined, folder: string, signal: AbortSignal): Promise<string[]> {
  if (record?.kind !== 'k3d') return [];
  return (await lookAtCluster(record.plan.name, { record, folder }, signal)).nodes.map(({ name }) => name);
}
