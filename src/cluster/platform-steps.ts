/**
 * Steps that put into a cluster what the system under test stands on: image, namespaces, secrets, who may talk to whom,
 * Prometheus, Grafana, a broker. What was chosen is recorded before the first of it is applied.
 */
import type { KubeCluster } from '../kubernetes/kube-cluster.ts';
import { MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import type { KubeObject, NodeObject } from '../kubernetes/object-types.ts';
import { readRecord, writeRecord } from './cluster-record.ts';
import type { ClusterSession, ClusterStep, StepOutcome } from './cluster-steps.ts';
import { changesIn, removeFormerChoice } from './former-choice.ts';
import { type ImageRequest, imageOnNodes, imageToPull, type MexImage } from './mex-image.ts';
import { awaitMonitoring, installCharts, removeCharts, renderCharts } from './monitoring.ts';
import { loadOtherImages } from './other-images.ts';
import { isUnderTest } from './parts.ts';
import type { Platform } from './platform.ts';
import { changesOf, choose, type PlatformWish, placeOf, requireFreeToChange } from './platform-choice.ts';
import { renderSystem } from './render-system.ts';
import { ensureSecrets } from './secrets.ts';
import { requireStorageClass } from './storage-class.ts';

export interface PlatformRequest {
  wish: PlatformWish;
  image: ImageRequest;
  chartFolder?: string | undefined;
}

/** What the first steps find out and the others need. */
interface Chosen {
  platform: Platform;
  /** Without what an experiment deploys. */
  objects: KubeObject[];
}

type Work = (cluster: KubeCluster, report: (line: string) => void, signal: AbortSignal) => Promise<StepOutcome>;

const BROKER = { kind: 'StatefulSet', name: 'broker', namespace: MEX_NAMESPACES[0] } as const;

/** @param kind whose cluster it is: mex's own, or that of a context */
export function platformSteps(
  session: ClusterSession,
  kind: 'k3d' | 'context',
  request: PlatformRequest,
): ClusterStep[] {
  const { folder } = request.image;
  let image: MexImage | undefined;
  let chosen: Chosen | undefined;
  const scene = (cluster: KubeCluster) => {
    if (chosen === undefined) throw new Error('what is to be there is chosen before it is made');
    return { cluster, folder, chartFolder: request.chartFolder, ...chosen };
  };
  const step = (title: string, work: Work): ClusterStep => ({
    title,
    run: async (report, signal) => work(await session.open(), report, signal),
  });
  const bring = kind === 'k3d' ? imageOnNodes : imageToPull;
  return [
    step('image of mex', async (_cluster, report, signal) => {
      const { platform: recorded } = (await readRecord(folder)) ?? {};
      image = await bring({ ...request.image, recorded: recorded?.image }, report, signal);
      return image;
    }),
    step('platform', async (cluster, _report, signal) => {
      if (image === undefined) throw new Error('the image is brought before the platform is chosen');
      const outcome = await choosePlatform(cluster, { folder, wish: request.wish, image: image.image }, signal);
      const { platform } = outcome;
      // What any shape stands on: an account of the gateway is there before there is a gateway.
      const objects = await renderSystem({ platform, shape: 'multi' }, folder, signal);
      chosen = { platform, objects: objects.filter((object) => !isUnderTest(object)) };
      return outcome;
    }),
    kind === 'k3d'
      ? step('images of others', async (cluster, report, signal) => {
          const { platform, objects } = scene(cluster);
          const ofCharts = platform.observability === 'helm' ? await renderCharts(scene(cluster), signal) : [];
          return loadOtherImages([...objects, ...ofCharts], folder, report, signal);
        })
      : step('volumes', (cluster, _report, signal) => requireStorageClass(cluster, scene(cluster).objects, signal)),
    step('what another choice left', async (cluster, report, signal) => {
      const { platform } = scene(cluster);
      const releases =
        platform.observability === 'helm'
          ? []
          : await removeCharts(scene(cluster), { goWithNamespace: false, report }, signal);
      const outcome = await removeFormerChoice(scene(cluster), report, signal);
      if (releases.length === 0) return outcome;
      const found = [`removed ${releases.join(', ')}`, ...(outcome.changed ? [outcome.found] : [])];
      return { changed: true, found: found.join('; ') };
    }),
    step('namespaces', (cluster, _report, signal) => applyOf(cluster, scene(cluster).objects, 'Namespace', signal)),
    step('secrets', (cluster, _report, signal) => ensureSecrets(cluster, signal)),
    step('objects', (cluster, _report, signal) => applyOf(cluster, scene(cluster).objects, 'others', signal)),
    step('monitoring', async (cluster, report, signal) => {
      const byHelm = scene(cluster).platform.observability === 'helm';
      const outcomes = byHelm ? await installCharts(scene(cluster), report, signal) : [];
      const ready = await awaitMonitoring(cluster, report, signal);
      const found = [...outcomes.map((one) => one.found), ready].join('; ');
      return { changed: outcomes.some(({ changed }) => changed), found };
    }),
    step('broker', async (cluster, report, signal) => {
      await cluster.rollout(BROKER, { report }, signal);
      return { changed: false, found: `${scene(cluster).platform.broker} is ready` };
    }),
  ];
}

async function choosePlatform(
  cluster: KubeCluster,
  { folder, wish, image }: { folder: string; wish: PlatformWish; image: string },
  signal: AbortSignal,
): Promise<StepOutcome & { platform: Platform }> {
  const record = await readRecord(folder);
  if (record === undefined) throw new Error('a cluster is recorded before anything is put into it');
  const { platform: recorded } = record;
  const nodes = record.kind === 'k3d' ? [] : await cluster.list<NodeObject>('Node', {}, signal);
  const place = placeOf(nodes.flatMap(({ spec: { providerID } }) => providerID ?? []));
  const platform = choose(recorded, wish, { image, place });
  const { broker, observability } = platform;
  const found = `${broker}, monitoring by ${observability === 'helm' ? 'Helm' : 'manifests'}, place ${platform.place}`;
  const changes = recorded === undefined ? [] : changesOf(recorded, platform);
  await requireFreeToChange(cluster, changes, signal);
  if (recorded !== undefined && changes.length === 0) return { changed: false, found, platform };
  await writeRecord(folder, { ...record, platform });
  return { changed: true, found: recorded === undefined ? found : `${found} (${changes.join('; ')})`, platform };
}

async function applyOf(
  cluster: KubeCluster,
  objects: readonly KubeObject[],
  which: 'Namespace' | 'others',
  signal: AbortSignal,
): Promise<StepOutcome> {
  const wanted = objects.filter(({ kind }) => (kind === 'Namespace') === (which === 'Namespace'));
  const applied = await cluster.apply(wanted, signal);
  const changes = changesIn(applied);
  const left = applied.filter(({ outcome }) => outcome === 'left alone').map(({ ref: { name } }) => name);
  const taken = applied.flatMap(({ taken: fields }) => fields.map(({ field, from }) => `${field}, set by ${from}`));
  const found = [
    changes === 0 ? `${applied.length}, as they should be` : `${changes} of ${applied.length} made or changed`,
    ...(left.length === 0 ? [] : [`there before mex: ${left.join(', ')}`]),
    ...(taken.length === 0 ? [] : [`set right: ${taken.join('; ')}`]),
  ];
  return { changed: changes > 0, found: found.join('; ') };
}
