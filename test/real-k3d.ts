/** docker with a daemon, k3d, and images that need not be pulled, where they are: in the kit, or on the PATH. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const KIT = process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools');
export const NODE_IMAGE = 'rancher/k3s:v1.33.13-k3s1';
/** Of those that `cluster up` puts there: Kafka and Prometheus. It does without Grafana. */
export const KAFKA_IMAGE = imageIn('broker-kafka/statefulset.yaml');
const PROMETHEUS_IMAGE = imageIn('monitoring-plain/prometheus.yaml');
/** Any that has a program in it. */
export const POD_IMAGE = 'node:24-bookworm-slim';

/** The kit says which images k3d is to take for its helpers. */
const kitEnv = join(KIT, 'kube/env');
const helpers = existsSync(kitEnv) ? [...readFileSync(kitEnv, 'utf8').matchAll(/(K3D_IMAGE_\w+)=(\S+)/g)] : [];
export const K3D_ENV: Record<string, string> = {
  ...Object.fromEntries(helpers.map(([, name = '', value = '']) => [name, value])),
  PATH: [join(KIT, 'bin'), process.env.PATH].join(delimiter),
};

/** Why a test without a cluster is skipped; undefined: there can be one. */
export const noK3d = whatIsMissing();

function whatIsMissing(): string | undefined {
  const answers = (file: string, ...args: string[]): boolean =>
    spawnSync(file, args, { env: { ...process.env, ...K3D_ENV } }).status === 0;
  if (!answers('docker', 'version')) return 'there is no docker whose daemon answers';
  if (!answers('k3d', 'version')) return `there is no k3d in ${KIT}/bin, and none on the PATH`;
  const missing = [NODE_IMAGE, POD_IMAGE, KAFKA_IMAGE, PROMETHEUS_IMAGE].find(
    (image) => !answers('docker', 'image', 'inspect', image),
  );
  return missing === undefined ? undefined : `docker has no image ${missing}`;
}

function imageIn(component: string): string {
  const text = readFileSync(join(import.meta.dirname, '../manifests/components', component), 'utf8');
  return /image: (\S+)/.exec(text)?.[1] ?? '';
}
