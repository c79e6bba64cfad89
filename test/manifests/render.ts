/** What `kubectl kustomize` makes of the manifests, and what mex makes them from: a place, a shape, a broker, monitoring. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Container, KubeObject, Pod, Selector } from './object-types.ts';

export const MANIFESTS = realpathSync(resolve(import.meta.dirname, '../../manifests'));

/** The whole of a place, as text, is a tenth of it. */
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;
const KIT = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin/kube');
const KUBECTL = [['kubectl'], [KIT, 'kubectl']].find(
  ([program = '', ...first]) => spawnSync(program, [...first, 'version', '--client']).status === 0,
);
/** Why a test without kubectl is skipped; undefined: it is there. */
export const noKubectl = KUBECTL === undefined ? `there is no kubectl on the PATH, and no ${KIT}` : undefined;

export const PLACES = ['k3d', 'aws', 'oci'] as const;
export const SHAPES = ['single', 'multi'] as const;
export const BROKERS = ['redpanda', 'kafka'] as const;
export const MONITORING = ['plain', 'helm'] as const;

export interface Choice {
  place: (typeof PLACES)[number];
  shape: (typeof SHAPES)[number];
  broker: (typeof BROKERS)[number];
  monitoring: (typeof MONITORING)[number];
}

export const EVERY_CHOICE: Choice[] = PLACES.flatMap((place) =>
  SHAPES.flatMap((shape) =>
    BROKERS.flatMap((broker) => MONITORING.map((monitoring) => ({ place, shape, broker, monitoring }))),
  ),
);

export const describeChoice = ({ place, shape, broker, monitoring }: Choice): string =>
  `${place}, ${shape}, ${broker}, ${monitoring}`;

/** What it prints. A warning is an error here: the restricted standard says no more than that of what makes pods. */
export function kubectl(argv: readonly string[], input = ''): string {
  const [program = 'kubectl', ...first] = KUBECTL ?? [];
  const options = { encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX, input } as const;
  const { status, stdout, stderr } = spawnSync(program, [...first, ...argv], options);
  if (status === 0 && !/^Warning/m.test(stderr)) return stdout;
  throw new Error(`kubectl ${argv.join(' ')} ended with ${status}: ${stderr}`);
}

export function render(folder: string): KubeObject[] {
  return parseObjects(kubectl(['kustomize', folder]));
}

export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as KubeObject | null;
    })
    .filter((object) => object !== null);
}

const IMAGE = { newName: 'registry.example/mex', newTag: '9.9.9' };
const rendered = new Map<string, KubeObject[]>();

/** The kustomization that manifests/README.md describes, rendered from a folder outside, as mex does it; each once. */
export function renderChoice(choice: Choice, image = IMAGE): KubeObject[] {
  const key = `${describeChoice(choice)}, ${image.newName}:${image.newTag}`;
  const objects = rendered.get(key) ?? renderAnew(choice, image);
  rendered.set(key, objects);
  return objects;
}

function renderAnew(choice: Choice, image: typeof IMAGE): KubeObject[] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mex-manifests-')));
  try {
    const from = (name: string): string => relative(folder, join(MANIFESTS, name));
    const components = [
      ...(choice.shape === 'multi' ? ['multi'] : []),
      `broker-${choice.broker}`,
      `monitoring-${choice.monitoring}`,
      `place-${choice.place}`,
    ];
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [from('base')],
      components: components.map((name) => from(`components/${name}`)),
      images: [{ name: 'mex', ...image }],
    };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return render(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const kindsOf = (objects: readonly KubeObject[], ...kinds: string[]): KubeObject[] =>
  objects.filter(({ kind }) => kinds.includes(kind));

/** What makes pods. */
export const workloadsOf = (objects: readonly KubeObject[]): KubeObject[] =>
  kindsOf(objects, 'StatefulSet', 'Deployment', 'Job');

export const podOf = (workload: KubeObject): Pod => workload.spec.template.spec;

export const containersOf = (workload: KubeObject): Container[] => [
  ...(podOf(workload).initContainers ?? []),
  ...podOf(workload).containers,
];

/** A Service's selector is labels and nothing else. */
export const serviceSelector = ({ spec }: KubeObject): Selector => ({
  matchLabels: Object.fromEntries(Object.entries(spec.selector)),
});

export function labelsMatch(selector: Selector, labels: Record<string, string> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const pairs = Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
  return (
    pairs &&
    matchExpressions.every(({ key, operator, values }) => {
      if (operator !== 'In') throw new Error(`no test knows the operator ${operator}`);
      return values?.includes(labels[key] ?? '') === true;
    })
  );
}
