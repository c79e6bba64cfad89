/**
 * What the controllers of a cluster would do behind the fake API server: workloads get pods that are ready at once, or that
 * never are, because their image is not to be had; claims are made from their templates; pods go with their workloads.
 */
import type { FakeApiServer } from '../fixtures/kube/api-server.ts';
import type { Json } from '../fixtures/kube/apply-fields.ts';

export interface Fates {
  /** Parts of names of images that no node can get. */
  imagesLacking: string[];
}

interface Workload {
  metadata: { name: string; namespace: string; generation?: number };
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: {
      metadata?: { labels?: Record<string, string> };
      spec: { containers: { name: string; image: string }[] };
    };
    volumeClaimTemplates?: { metadata: { name: string; labels?: Record<string, string> } }[];
  };
}

const OF_WORKLOAD = /\/namespaces\/([^/]+)\/(deployments|statefulsets)\/([^/]+)$/;
const OF_POD = /\/namespaces\/([^/]+)\/pods\/([^/]+)-0$/;
const HASH = { 'pod-template-hash': 'new', 'controller-revision-hash': 'new' };

export function runControllers(server: FakeApiServer): Fates {
  const fates: Fates = { imagesLacking: [] };
  server.beforeRead = (path) => {
    const [, namespace = '', plural, name = ''] = OF_WORKLOAD.exec(path) ?? [];
    if (plural !== undefined && namespace !== 'kube-system') {
      rollOut(server, plural === 'deployments' ? 'Deployment' : 'StatefulSet', { namespace, name }, fates);
    }
    const [, podNamespace = '', owner = ''] = OF_POD.exec(path) ?? [];
    const kinds = ['Deployment', 'StatefulSet'] as const;
    if (
      owner !== '' &&
      kinds.every((kind) => server.get({ kind, name: owner, namespace: podNamespace }) === undefined)
    ) {
      server.drop({ kind: 'Pod', name: `${owner}-0`, namespace: podNamespace });
    }
  };
  return fates;
}

function rollOut(
  server: FakeApiServer,
  kind: 'Deployment' | 'StatefulSet',
  at: { namespace: string; name: string },
  { imagesLacking }: Fates,
): void {
  const found = server.get({ kind, ...at }) as unknown as Workload | undefined;
  if (found === undefined) return;
  const { template, volumeClaimTemplates = [] } = found.spec;
  const [container = { name: '', image: '' }] = template.spec.containers;
  const lacks = imagesLacking.some((part) => container.image.includes(part));
  const count = lacks ? 0 : 1;
  for (const claim of volumeClaimTemplates) {
    const ref = {
      kind: 'PersistentVolumeClaim',
      name: `${claim.metadata.name}-${at.name}-0`,
      namespace: at.namespace,
    } as const;
    if (server.get(ref) === undefined) server.put(ref, { metadata: { labels: claim.metadata.labels ?? {} } });
  }
  const labels = { ...template.metadata?.labels, ...HASH };
  putOnce(server, { kind: 'ReplicaSet', name: `${at.name}-new`, namespace: at.namespace }, { metadata: { labels } });
  putOnce(
    server,
    { kind: 'Pod', name: `${at.name}-0`, namespace: at.namespace },
    {
      metadata: { labels },
      spec: { nodeName: 'node-1' },
      status: {
        phase: lacks ? 'Pending' : 'Running',
        conditions: [{ type: 'Ready', status: lacks ? 'False' : 'True' }],
        containerStatuses: [
          {
            ...{ name: container.name, image: container.image, ready: !lacks, restartCount: 0 },
            state: lacks ? { waiting: { reason: 'ErrImagePull', message: 'no such host' } } : { running: {} },
          },
        ],
      },
    },
  );
  putOnce(
    server,
    { kind, ...at },
    {
      status: {
        observedGeneration: found.metadata.generation ?? 0,
        ...{ replicas: 1, updatedReplicas: 1, availableReplicas: count, updateRevision: 'new' },
      },
    },
  );
}

/** An object that is as it should be keeps its version. */
function putOnce(server: FakeApiServer, ref: Parameters<FakeApiServer['get']>[0], wanted: Json): void {
  const live = server.get(ref);
  const isSo = Object.entries(wanted).every(([field, value]) => {
    if (field === 'metadata') return JSON.stringify(live?.metadata.labels) === JSON.stringify((value as Json).labels);
    return JSON.stringify(live?.[field]) === JSON.stringify(value);
  });
  if (live === undefined || !isSo) server.put(ref, wanted);
}
