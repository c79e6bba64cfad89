import { describe, expect, it } from 'vitest';
import { MexError } from '../../../src/errors/mex-error.ts';
import type { ForwardTo, OpenForward, Use } from '../../../src/targets/kubernetes/reach.ts';
import { CONTEXT, clusterEach, NAMESPACE, never, PLATFORM } from './cluster-world.ts';

const world = clusterEach();

/** Port-forwards that lead nowhere, and remember what they were asked for. */
function forwards() {
  const opened: ForwardTo[] = [];
  const closed: ForwardTo[] = [];
  const open: OpenForward = async (to) => {
    opened.push(to);
    return { port: to.localPort ?? 40_000 + opened.length, close: async () => void closed.push(to) };
  };
  return { opened, closed, openForward: () => open };
}

const elsewhere = () =>
  world.record({
    kind: 'context',
    context: CONTEXT,
    platform: { ...PLATFORM, place: 'aws' },
    plan: undefined,
  } as never);

/** A target of somebody else's cluster, whose kubeconfig is the person's. */
async function inContext(uses: readonly Use[]) {
  const { vi } = await import('vitest');
  await world.target().deploy('multi', never);
  await elsewhere();
  vi.stubEnv('KUBECONFIG', `${world.folder}/cluster.kubeconfig`);
  const { openForward, ...seen } = forwards();
  return { target: world.target({ uses, openForward }), ...seen, restore: () => vi.unstubAllEnvs() };
}

describe('in a cluster of its own', () => {
  it('orders and Prometheus are at node ports, and only what the command uses is forwarded', async () => {
    const { opened, openForward } = forwards();
    await world.target({ uses: ['orders', 'prometheus'], openForward }).deploy('multi', never);
    expect(opened).toEqual([]);
  });

  it('metrics and the broker are forwarded, the broker to the port that it sends its clients to', async () => {
    const { opened, openForward, closed } = forwards();
    const target = world.target({ uses: ['orders', 'metrics', 'prometheus', 'broker'], openForward });
    const { deployment } = await target.deploy('single', never);
    expect(opened).toEqual([
      { namespace: NAMESPACE, pod: 'me-shard-a-0', port: 9091 },
      { namespace: NAMESPACE, pod: 'broker-0', port: 19_092, localPort: 19_092 },
    ]);
    expect(deployment.shards.a).toMatchObject({
      url: `http://127.0.0.1:${world.nodePort}`,
      metricsUrl: 'http://127.0.0.1:40001/metrics',
    });
    expect(deployment.broker?.url).toBe('127.0.0.1:19092');
    // Each is opened once, however often a deployment is described.
    await target.current();
    expect(opened).toHaveLength(2);
    await target.close();
    expect(closed).toEqual(opened);
  });

  it('one that could not be opened is tried again', async () => {
    let times = 0;
    const open: OpenForward = async () => {
      if (times++ === 0) throw new Error('port 19092 is taken');
      return { port: 19_092, close: async () => {} };
    };
    await world.target().deploy('single', never);
    const target = world.target({ uses: ['broker'], openForward: () => open });
    await expect(target.current()).rejects.toThrow('port 19092 is taken');
    expect(await target.current()).toMatchObject({ broker: { url: '127.0.0.1:19092' } });
  });
});

describe('a port that is taken', () => {
  const taken: OpenForward = () => Promise.reject(new MexError('taken', { code: 'PORT_TAKEN', exit: 5 }));

  it('may be held for the broker already', async () => {
    const target = world.target({ uses: ['broker'], openForward: () => taken });
    const { deployment } = await target.deploy('single', never);
    expect(deployment.broker?.url).toBe('127.0.0.1:19092');
  });

  it('is an error where any other would have done', async () => {
    const target = world.target({ uses: ['metrics'], openForward: () => taken });
    await expect(target.deploy('single', never)).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });
});

describe("in somebody else's cluster", () => {
  it('nothing is forwarded for who uses nothing, and addresses are those inside', async () => {
    const { target, opened, restore } = await inContext([]);
    const { shards, gateway, prometheus } = (await target.current()) ?? {};
    restore();
    expect(opened).toEqual([]);
    expect([shards?.b?.url, gateway?.url, prometheus?.url]).toEqual([
      'http://me-shard-b.matching-engine:8080',
      'http://edge-gateway.matching-engine:8080',
      'http://prometheus.monitoring:9090',
    ]);
  });

  it('all that is used is forwarded: a gateway by its Service, since its pod changes', async () => {
    const { target, opened, restore } = await inContext(['orders', 'prometheus']);
    const { gateway, prometheus } = (await target.current()) ?? {};
    restore();
    const shard = (name: string) => ({ namespace: NAMESPACE, pod: `me-shard-${name}-0`, port: 8080 });
    expect(opened).toEqual([
      shard('a'),
      shard('b'),
      shard('c'),
      { namespace: NAMESPACE, service: 'edge-gateway', port: 8080 },
      { namespace: 'monitoring', service: 'prometheus', port: 9090 },
    ]);
    expect([gateway?.url, prometheus?.url]).toEqual(['http://127.0.0.1:40004', 'http://127.0.0.1:40005']);
    // For pods, it stays where it is.
    expect(gateway?.pod?.url).toBe('http://edge-gateway.matching-engine:8080');
  });
});
