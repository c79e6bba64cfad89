/**
 * Which cluster mex works on from here: `.mex/cluster.json`, written before anything is made. Written whole or not at all.
 * It outlives a deployment; `mex cluster down` removes it.
 */
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { ClusterRef } from '../kubernetes/kube-config.ts';
import { platformSchema } from './platform.ts';

const VERSION = 1;
const port = z.int().min(1).max(65_535);

/** Absent until `cluster up` has come so far. */
const platform = platformSchema.exactOptional();
/** Releases of Helm that mex has begun to install: those alone it may change. */
const releases = z.array(z.string()).exactOptional();

const ownCluster = z.object({
  version: z.literal(VERSION),
  kind: z.literal('k3d'),
  platform,
  releases,
  /** On each of its containers: whoever has another id, or none, is not ours. */
  id: z.string(),
  /** `creating` until k3d has made all of it: what is there then is only a half. */
  phase: z.enum(['creating', 'made']),
  /** The k3d that makes it: it goes on when mex is killed. */
  maker: z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() }).exactOptional(),
  plan: z.object({
    name: z.string(),
    agents: z.int().min(0),
    k3sImage: z.string().exactOptional(),
    ports: z.object({
      gateway: port,
      'engine-a': port,
      'engine-b': port,
      'engine-c': port,
      prometheus: port,
      grafana: port,
    }),
  }),
});
const otherCluster = z.object({
  version: z.literal(VERSION),
  kind: z.literal('context'),
  platform,
  releases,
  context: z.string(),
});
const clusterRecord = z.discriminatedUnion('kind', [ownCluster, otherCluster]);

export type OwnCluster = z.infer<typeof ownCluster>;
export type ClusterRecord = z.infer<typeof clusterRecord>;

/** Files below `.mex` that belong to the cluster, and not to a deployment. */
const FILES = {
  record: 'cluster.json',
  kubeconfig: 'cluster.kubeconfig',
  k3dConfig: 'cluster.k3d.json',
  /** A folder for what k3d would leave in that of the system. */
  temporary: 'cluster.tmp',
} as const;

export function clusterFiles(folder: string): Record<keyof typeof FILES, string> {
  return {
    record: join(folder, FILES.record),
    kubeconfig: join(folder, FILES.kubeconfig),
    k3dConfig: join(folder, FILES.k3dConfig),
    temporary: join(folder, FILES.temporary),
  };
}

/** How to reach the cluster of a record. */
export function refOf(record: ClusterRecord, folder: string): ClusterRef {
  return record.kind === 'context' ? { context: record.context } : ownRef(record.plan.name, folder);
}

export function ownRef(name: string, folder: string): ClusterRef {
  return { context: `k3d-${name}`, kubeconfig: clusterFiles(folder).kubeconfig };
}

/** Undefined: there is none. @throws MexError when the file is not one of this version. */
export async function readRecord(folder: string): Promise<ClusterRecord | undefined> {
  const { record: path } = clusterFiles(folder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw problem;
  }
  const found = clusterRecord.safeParse(parsed(text));
  if (found.success) return found.data;
  throw new MexError(`${path} is damaged or of another version of mex`, {
    code: 'STATE_UNREADABLE',
    exit: EXIT.environment,
    suggestion: `It says which cluster is mex's: k3d cluster list shows those there are. Remove yours, then: rm ${path}`,
    cause: found.error,
  });
}

export async function writeRecord(folder: string, record: ClusterRecord): Promise<void> {
  await writeWhole(clusterFiles(folder).record, `${JSON.stringify(record, null, 2)}\n`);
}

/** For the owner's eyes only: a kubeconfig holds a key. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}

/** Removes the cluster's files, and the folder where nothing else is in it. */
export async function removeRecord(folder: string): Promise<void> {
  for (const path of Object.values(clusterFiles(folder))) await rm(path, { force: true, recursive: true });
  await rmdir(folder).catch(() => undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
