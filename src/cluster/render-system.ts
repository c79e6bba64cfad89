/**
 * The objects of the system under test for one platform and shape: those that the overlays render, as mex applies them.
 * The choice is a kustomization of its own, written beside the manifests' paths and removed again.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderKustomize } from '../kubernetes/manifests.ts';
import type { KubeObject } from '../kubernetes/object-types.ts';
import type { Shape } from '../protocol/shards.ts';
import type { Platform } from './platform.ts';

const MANIFESTS = fileURLToPath(new URL('../../manifests', import.meta.url));

/** @param folder where a folder may be made for a moment: `.mex` */
export async function renderSystem(
  choice: { platform: Platform; shape: Shape },
  folder: string,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(folder, 'cluster.kustomize-'));
  try {
    // Of real paths, because kubectl follows links before it goes up.
    const manifests = relative(await realpath(draft), await realpath(MANIFESTS));
    await writeFile(join(draft, 'kustomization.yaml'), JSON.stringify(kustomizationOf(choice, manifests)));
    return await renderKustomize(draft, signal);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @param manifests the folder of the manifests, relative to the kustomization's own: kustomize takes no other. */
export function kustomizationOf({ platform, shape }: { platform: Platform; shape: Shape }, manifests: string): object {
  const { broker, observability, place, image } = platform;
  const names = [`broker-${broker}`, `monitoring-${observability}`, `place-${place}`];
  if (shape === 'multi') names.unshift('multi');
  const tagAt = image.lastIndexOf(':');
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [`${manifests}/base`],
    components: names.map((name) => `${manifests}/components/${name}`),
    images: [{ name: 'mex', newName: image.slice(0, tagAt), newTag: image.slice(tagAt + 1) }],
  };
}
