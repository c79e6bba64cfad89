/** Charts by helm: installed once, put right after any interruption, and never those of somebody else. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { locateChart, type PinnedChart, pinnedCharts } from '../../src/cluster/charts.ts';
import { clusterFiles } from '../../src/cluster/cluster-record.ts';
import { Helm } from '../../src/cluster/helm.ts';
import { ensureRelease } from '../../src/cluster/helm-release.ts';
import { requireChart } from '../../src/cluster/require-chart.ts';
import { takeDown } from '../../src/cluster/take-down.ts';
import type { HelmFault } from '../fixtures/kube/tool-state.ts';
import { NAME, never, worldEach } from './fake-world.ts';
import { type Asked, ID, upPlatform } from './up-platform.ts';

/** Each of the fakes is a program, and a machine may be busy. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const world = worldEach();
const up = (asked: Asked = {}) => upPlatform(world, asked);
const calls = (what: RegExp) => world.tools.calls.filter((call) => what.test(call));
const statuses = (release = 'prometheus') => (world.tools.state.releases[release] ?? []).map(({ status }) => status);
const deployment = (name: string) => world.server.get({ kind: 'Deployment', name, namespace: 'monitoring' });

let helm: Helm;
let pin: PinnedChart;
let begun: number;
beforeEach(async () => {
  mkdirSync(world.mexFolder);
  writeFileSync(join(world.cwd, 'Dockerfile'), 'FROM scratch\n');
  const kubeconfig = join(world.cwd, 'kubeconfig');
  writeFileSync(kubeconfig, world.server.kubeconfig([`k3d-${NAME}`]));
  world.tools.change((state) => void Object.assign(state, { nextImageId: ID }));
  helm = new Helm({ context: `k3d-${NAME}`, kubeconfig });
  const [first] = await pinnedCharts('k3d');
  if (first === undefined) throw new Error('no chart is pinned');
  pin = first;
  begun = 0;
});

function ensure({ owned = true, signal = never, pendingMsMax = 0 } = {}) {
  const onBegin = async () => void begun++;
  const request = { helm, pin, owned, onBegin, chart: () => locateChart(pin, undefined), pendingMsMax };
  return ensureRelease(request, () => {}, signal);
}

/** As an earlier helm has left it. */
function leave(...all: string[]): void {
  world.tools.change(({ releases }) => {
    releases.prometheus = all.map((status, index) => ({ revision: index + 1, status, description: status }));
  });
}

describe('a release', () => {
  it('is installed from the pinned chart with its values, on that cluster, and then left as it is', async () => {
    expect(await ensure()).toEqual({ changed: true, found: `installed prometheus ${pin.version}` });
    expect(await ensure()).toEqual({ changed: false, found: `prometheus ${pin.version}` });
    const [install = '', ...more] = calls(/^helm upgrade/);
    expect(more).toEqual([]);
    expect(install).toMatch(/^helm upgrade --install prometheus oci:\/\/\S+\/prometheus --version \d+\.\d+\.\d+ /);
    expect(install).toMatch(/ --values \S+\/prometheus-values\.yaml --values \S+\/prometheus-values-k3d\.yaml /);
    for (const call of calls(/^helm/)) {
      expect(call).toMatch(new RegExp(` --namespace monitoring --kube-context k3d-${NAME} --kubeconfig \\S+$`));
    }
    expect(begun).toBe(1);
  });

  it('is changed where version or values are others', async () => {
    await ensure();
    pin = { ...pin, version: '30.0.0', mark: 'mex: 30.0.0 0123' };
    expect(await ensure()).toEqual({ changed: true, found: 'changed prometheus 30.0.0' });
    expect(statuses()).toEqual(['superseded', 'deployed']);
  });

  it('has a mark that depends on chart, version, values and place', async () => {
    const marks = await Promise.all(
      (['k3d', 'aws', 'oci'] as const).map(async (place) => (await pinnedCharts(place))[0]),
    );
    expect(marks.map((one) => one?.mark.replace(/\w+$/, ''))).toEqual(Array(3).fill(`mex: ${pin.version} `));
    expect(marks[1]?.mark).toBe(marks[2]?.mark);
    expect(marks[0]?.mark).not.toBe(marks[1]?.mark);
  });

  it.each<[string[], string[], string[]]>([
    [['pending-install'], ['uninstall'], ['deployed']],
    [['failed'], ['uninstall'], ['deployed']],
    [['failed', 'pending-upgrade'], ['uninstall'], ['deployed']],
    [['uninstalling'], ['uninstall'], ['deployed']],
    [['superseded', 'uninstalled'], ['uninstall'], ['deployed']],
    [['deployed', 'failed'], [], ['superseded', 'failed', 'deployed']],
    [['deployed', 'pending-upgrade'], ['rollback'], ['superseded', 'pending-upgrade', 'superseded', 'deployed']],
    [
      ['superseded', 'failed', 'pending-rollback'],
      ['rollback'],
      ['superseded', 'failed', 'pending-rollback', 'superseded', 'deployed'],
    ],
  ])('that an earlier helm left as %j is put right by %j', async (left, way, after) => {
    leave(...left);
    expect(await ensure()).toMatchObject({ changed: true });
    expect(statuses()).toEqual(after);
    expect(calls(/^helm (uninstall|rollback)/).map((call) => call.split(' ')[1])).toEqual(way);
    expect(await ensure()).toMatchObject({ changed: false });
  });

  it('is taken back to the last revision that did its work', async () => {
    leave('superseded', 'deployed', 'failed', 'pending-upgrade');
    await ensure();
    expect(calls(/^helm rollback/)).toEqual([expect.stringMatching(/^helm rollback prometheus 2 /)]);
  });

  it('that another helm is at is waited for', async () => {
    leave('pending-install');
    const looks = () => calls(/^helm status/).length;
    const running = ensure({ pendingMsMax: 20_000 });
    await expect.poll(looks, { timeout: 10_000 }).toBeGreaterThan(1);
    world.tools.change(({ releases }) => {
      releases.prometheus = [{ revision: 1, status: 'deployed', description: pin.mark }];
    });
    expect(await running).toMatchObject({ changed: false });
    expect(calls(/^helm (uninstall|rollback|upgrade)/)).toEqual([]);
  });

  it.each<[HelmFault, RegExp]>([
    [
      'fails',
      /^helm could not install prometheus: UPGRADE FAILED: Service "x" is invalid:; provided port is already allocated \(exit code 1\)$/,
    ],
    [
      'fails silently',
      /^helm ended well, and release prometheus is failed: Release "prometheus" failed: it was refused$/,
    ],
  ])('that helm %s to install is an error, and is installed the next time', async (fault, message) => {
    world.tools.faults = { helm: { prometheus: fault } };
    await expect(ensure()).rejects.toMatchObject({
      code: 'HELM_FAILED',
      exit: 5,
      message: expect.stringMatching(message),
      suggestion: expect.stringContaining('mex cluster up'),
    });
    world.tools.faults = {};
    expect(await ensure()).toMatchObject({ changed: true });
    expect(statuses()).toEqual(['deployed']);
  });

  it.each<[HelmFault, string]>([
    ['hangs before', 'nothing'],
    ['hangs after', 'its Deployment'],
  ])('whose installation is interrupted when it %s is installed the next time', async (fault) => {
    world.tools.faults = { helm: { prometheus: fault } };
    const stop = new AbortController();
    const running = ensure({ signal: stop.signal });
    await Promise.all([
      expect
        .poll(() => statuses().length > 0 && (fault === 'hangs before' || deployment('prometheus') !== undefined), {
          timeout: 10_000,
        })
        .toBe(true)
        .then(() => stop.abort(new Error('Interrupted by SIGINT'))),
      expect(running).rejects.toThrow('Interrupted by SIGINT'),
    ]);
    expect(statuses()).toEqual(['pending-install']);
    world.tools.faults = {};
    expect(await ensure()).toMatchObject({ changed: true });
    expect(statuses()).toEqual(['deployed']);
    expect(deployment('prometheus')).toBeDefined();
  });

  it.each([['deployed'], ['pending-install'], ['failed']])('of somebody else, %s, is left alone', async (status) => {
    leave(status);
    const before = world.tools.state;
    await expect(ensure({ owned: false })).rejects.toMatchObject({
      code: 'NOT_MADE_BY_MEX',
      exit: 5,
      message: expect.stringContaining('mex did not install it'),
    });
    expect(world.tools.state).toEqual(before);
  });

  it('says of itself that mex installed it', async () => {
    await ensure();
    expect(await ensure({ owned: false })).toMatchObject({ changed: false });
  });

  it('is not touched where its chart cannot be had', async () => {
    world.tools.faults = { registryDown: true };
    await expect(ensure()).rejects.toMatchObject({
      code: 'HELM_FAILED',
      message: expect.stringContaining('no such host'),
    });
    expect(statuses()).toEqual([]);
  });

  it('is read and made on this cluster alone, whatever the environment says', async () => {
    const spy = join(world.tools.path, 'helm');
    const real = readFileSync(spy, 'utf8');
    writeFileSync(spy, real.replace('exec ', `env | grep ^HELM_ | sort > "${world.cwd}/seen"\nexec `));
    vi.stubEnv('PATH', `${world.tools.path}:${process.env.PATH}:/usr/bin:/bin`);
    vi.stubEnv('HELM_KUBEAPISERVER', 'https://production');
    vi.stubEnv('HELM_DRIVER', 'memory');
    await helm.status('prometheus', never);
    const seen = readFileSync(join(world.cwd, 'seen'), 'utf8').split('\n');
    expect(seen).toEqual(expect.arrayContaining(['HELM_KUBEAPISERVER=', 'HELM_DRIVER=secret']));
  });
});

describe('charts in a folder', () => {
  const folder = () => join(world.cwd, 'charts');
  const chart = (name: string, version: string) => `name: ${name}\nversion: ${version}\n`;
  beforeEach(() => mkdirSync(join(folder(), 'prometheus'), { recursive: true }));
  const find = async () => {
    const path = await locateChart(pin, folder());
    await requireChart(helm, pin, path, never);
    return path;
  };

  it('are taken from archives, or else from folders', async () => {
    writeFileSync(join(folder(), 'prometheus', 'Chart.yaml'), chart('prometheus', pin.version));
    expect(await find()).toBe(join(folder(), 'prometheus'));
    const archive = join(folder(), `prometheus-${pin.version}.tgz`);
    writeFileSync(archive, chart('prometheus', pin.version));
    expect(await find()).toBe(archive);
  });

  it.each<[string, string | undefined, object]>([
    ['that lack it', undefined, { code: 'NO_CHART', suggestion: expect.stringContaining('helm pull oci://') }],
    [
      'that have another version',
      chart('prometheus', '1.0.0'),
      { code: 'BAD_CHART', message: expect.stringMatching(/is prometheus 1\.0\.0, and mex installs prometheus 29\./) },
    ],
    ['that have another chart', chart('grafana', '29.27.0'), { code: 'BAD_CHART' }],
    [
      'that are broken',
      'nothing: here\n',
      {
        code: 'HELM_FAILED',
        message: expect.stringMatching(/could not read the chart .*chart\.metadata\.name is required/),
      },
    ],
  ])('%s are an error', async (_what, text, error) => {
    if (text !== undefined) writeFileSync(join(folder(), 'prometheus', 'Chart.yaml'), text);
    await expect(find()).rejects.toMatchObject({ exit: 5, ...error });
  });

  it('are for Helm alone', async () => {
    await expect(up({ observability: 'plain', chartFolder: folder() })).rejects.toMatchObject({
      code: 'BAD_FLAG',
      exit: 2,
    });
  });
});

describe('mex cluster up with Helm', () => {
  it('installs both, and changes nothing the second time; then without Helm nothing of it is left', async () => {
    const { found } = await up();
    expect(found.monitoring).toMatch(
      /^installed prometheus \S+; installed grafana \S+; Prometheus and Grafana are ready$/,
    );
    expect(found['images of others']).toContain('quay.io/prometheus/prometheus:v3.16.0');
    expect(found['images of others']).toContain('grafana/grafana:13.2.0');
    expect(JSON.parse(readFileSync(clusterFiles(world.mexFolder).record, 'utf8')).releases).toEqual([
      'prometheus',
      'grafana',
    ]);
    expect((await up()).changed).toEqual([]);
    expect(calls(/^helm template/)).toHaveLength(2);
    const plain = await up({ observability: 'plain' });
    expect(plain.found['what another choice left']).toMatch(
      /^removed Helm release monitoring\/prometheus, Helm release monitoring\/grafana; removed NetworkPolicy monitoring\/grafana-to-api$/,
    );
    expect(world.tools.state.releases).toEqual({});
    expect(deployment('prometheus')?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'mex' });
  });

  it.each<[string, () => void, RegExp]>([
    ['none', () => rmSync(join(world.tools.path, 'helm')), /^helm is not installed or not on the PATH, /],
    [
      'an old one',
      () => void Object.assign(world.tools, { faults: { helmVersion: 'Client: v2.17.0+ga690bad' } }),
      /^helm is 2\.17\.0, and .* Helm 3 or newer$/,
    ],
  ])('needs it, before anything is made: %s', async (_what, lack, message) => {
    lack();
    await expect(up()).rejects.toMatchObject({
      code: 'HELM_MISSING',
      exit: 5,
      message: expect.stringMatching(message),
      suggestion: 'How to install it here: mex doctor --target k8s. Or do without it: --observability plain.',
    });
    expect(world.tools.state.containers).toEqual([]);
  });
});

describe('mex cluster down of a cluster by context', () => {
  const EKS = { context: 'eks', image: 'mex:1' };
  const down = () => takeDown(world.mexFolder, { consent: true, report: () => {} }, never);
  beforeEach(() => {
    const path = join(world.cwd, 'theirs');
    writeFileSync(path, world.server.kubeconfig(['eks']));
    vi.stubEnv('KUBECONFIG', path);
  });

  it('removes its releases', async () => {
    world.server.put({ kind: 'Namespace', name: 'monitoring' }, {});
    await up(EKS);
    const { removed } = await down();
    expect(removed.slice(0, 2)).toEqual(['Helm release monitoring/prometheus', 'Helm release monitoring/grafana']);
    expect(world.tools.state.releases).toEqual({});
  });

  it('leaves those of others, whose names up refuses', async () => {
    world.server.put({ kind: 'Namespace', name: 'monitoring' }, {});
    world.server.put(
      { kind: 'Secret', name: 'sh.helm.release.v1.prometheus.v1', namespace: 'monitoring' },
      { metadata: { labels: { owner: 'helm', name: 'prometheus' } } },
    );
    leave('deployed');
    await expect(up(EKS)).rejects.toMatchObject({ code: 'NOT_MADE_BY_MEX' });
    expect((await down()).removed.filter((name) => name.startsWith('Helm'))).toEqual([]);
    expect(statuses()).toEqual(['deployed']);
  });

  it('does not ask for helm because of releases of others', async () => {
    world.server.put({ kind: 'Namespace', name: 'monitoring' }, {});
    world.server.put(
      { kind: 'Secret', name: 'sh.helm.release.v1.grafana.v1', namespace: 'monitoring' },
      { metadata: { labels: { owner: 'helm', name: 'grafana' } } },
    );
    rmSync(join(world.tools.path, 'helm'));
    await up({ ...EKS, observability: 'plain' });
    expect((await down()).removed.filter((name) => name.startsWith('Helm'))).toEqual([]);
  });

  it('without helm lets them go with their namespace, if that is its own', async () => {
    await up(EKS);
    rmSync(join(world.tools.path, 'helm'));
    expect((await down()).removed).toEqual(expect.arrayContaining(['Namespace monitoring']));
  });

  it('without helm says that it needs it, if the namespace stays', async () => {
    world.server.put({ kind: 'Namespace', name: 'monitoring' }, {});
    await up(EKS);
    rmSync(join(world.tools.path, 'helm'));
    await expect(down()).rejects.toMatchObject({ code: 'HELM_MISSING', exit: 5 });
  });
});
