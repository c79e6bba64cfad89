import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ExecFrame } from '../../fixtures/kube/web-socket.ts';
import { CONTEXT, clusterEach, NAMESPACE, never } from './cluster-world.ts';
import { brokerOf, putBroker } from './fake-broker.ts';

const world = clusterEach();
const ended = (code: number): ExecFrame[] => {
  const failure = { status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: String(code) }] } };
  return [{ stream: 3, text: JSON.stringify(code === 0 ? { status: 'Success' } : failure) }, 'close'];
};
/** What programs in pods print, and their exit code; tells with what they were run. */
function answering(text: string, code = 0, stderr = ''): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  world.server.exec = (query) => {
    asked.push(query);
    return [{ stream: 1, text }, { stream: 2, text: stderr }, ...ended(code)];
  };
  return asked;
}
const commandOf = (query: URLSearchParams | undefined): string => (query?.getAll('command') ?? []).join(' ');

describe('what a shard holds', () => {
  beforeEach(async () => {
    await world.target().deploy('single', never);
  });

  it('is counted by a program in its pod, which has a limit of its own', async () => {
    const asked = answering('{"orders":12,"matches":3,"lastSequence":40,"segments":1}\n');
    expect(await world.target().countLog('a', never)).toEqual({ orders: 12, matches: 3, lastSequence: 40 });
    expect(commandOf(asked[0])).toBe('timeout 55 node /app/bin/run.js wal inspect /var/lib/mex/wal --json');
    expect(asked[0]?.get('container')).toBe('engine');
  });

  it('is held against the topics there, also where something is wrong with them', async () => {
    const found = { sinceReset: { orders: 2, matches: 1 }, repeated: 0, problems: ['event 3 is missing'] };
    const asked = answering(JSON.stringify(found), 3);
    expect(await world.target().checkEvents('a', never)).toEqual({
      orders: 2,
      matches: 1,
      repeated: 0,
      problems: ['event 3 is missing'],
    });
    expect(commandOf(asked[0])).toMatch(/ events verify \/var\/lib\/mex\/wal --kafka broker:9092 --wait 20 --json$/);
  });

  it('is not known of its events where the log begins behind the last reset', async () => {
    answering(JSON.stringify({ sinceReset: null, repeated: 0, problems: [] }));
    await expect(world.target().checkEvents('a', never)).rejects.toMatchObject({
      code: 'LOG_UNREADABLE',
      message: expect.stringMatching(/begins behind the last reset .* larger WAL_RETENTION_MB/),
    });
  });

  it.each<[string, [text: string, code: number, stderr?: string], RegExp]>([
    ['ends badly', ['{"error":{"message":"segment 3 is damaged"}}', 65], /segment 3 is damaged$/],
    ['is ended because it takes too long', ['', 124], /it ended with code 124$/],
    ['counts nothing', ['{"orders":1}', 0], /it printed no orders, matches and lastSequence$/],
    ['is not there', ['', 127, 'timeout: node: not found\n'], /timeout: node: not found$/],
  ])('is not known where the program %s', async (_how, answer, message) => {
    answering(...answer);
    await expect(world.target().countLog('a', never)).rejects.toMatchObject({
      code: 'LOG_UNREADABLE',
      exit: 5,
      message: expect.stringMatching(message),
      suggestion: expect.stringMatching(
        new RegExp(`--context ${CONTEXT} -n ${NAMESPACE} exec me-shard-a-0 -- node /app/bin/run.js wal inspect`),
      ),
    });
  });

  it('is not known where there is no such pod', async () => {
    await expect(world.target().countLog('c', never)).rejects.toMatchObject({ exit: 5, status: 404 });
  });
});

describe('logs', () => {
  it('are copied of every container, of the run before too where there was one, and say why where they cannot be', async () => {
    await world.target().deploy('single', never);
    const pod = (namespace: string, name: string, restartCount: number): void => {
      const status = { phase: 'Running', containerStatuses: [{ name: 'main', image: 'x', ready: true, restartCount }] };
      world.server.put({ kind: 'Pod', name, namespace }, { status });
    };
    pod(NAMESPACE, 'broker-0', 2);
    pod('monitoring', 'prometheus-1', 0);
    pod('default', 'theirs', 0);
    world.server.log = ({ path, query }, response) => {
      if (path.includes('prometheus')) response.writeHead(400).end('{"message":"container is waiting to start"}');
      else response.end(`${path} ${query.get('container')} ${query.get('previous')}\n`);
    };
    const folder = join(world.folder, 'copied');
    await world.target().copyLogs(folder);
    expect(readdirSync(folder).toSorted()).toEqual([
      'matching-engine.broker-0.main.log',
      'matching-engine.broker-0.main.previous.log',
      'matching-engine.me-shard-a-0.engine.log',
      'monitoring.prometheus-1.main.log',
    ]);
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(text('matching-engine.broker-0.main.previous.log')).toMatch(/\/pods\/broker-0\/log main true\n$/);
    expect(text('matching-engine.me-shard-a-0.engine.log')).toMatch(/ engine false\n$/);
    expect(text('monitoring.prometheus-1.main.log')).toMatch(/^mex: .*container is waiting to start\n$/);
  });
});

describe('a cluster', () => {
  it('is told with its nodes and what stands on them', async () => {
    const status = { capacity: { cpu: '2', memory: '24689764Ki' }, nodeInfo: { kubeletVersion: 'v1.33.13' } };
    world.server.put({ kind: 'Node', name: 'agent-0' }, { metadata: { labels: { 'mex.load': 'true' } }, status });
    world.server.put({ kind: 'Node', name: 'server-0' }, { status: {} });
    expect(await world.target().facts(never)).toEqual({
      kind: 'k3d',
      context: CONTEXT,
      nodes: [
        { name: 'agent-0', cpu: '2', memory: '24689764Ki', kubelet: 'v1.33.13', forLoad: true },
        { name: 'server-0', cpu: 'unknown', memory: 'unknown', kubelet: 'unknown', forLoad: false },
      ],
      broker: 'kafka',
      observability: 'plain',
      place: 'k3d',
      image: 'mex:1',
    });
  });

  it('gives back a broker that a mex which is gone took away', async () => {
    putBroker(world.server);
    await world.target().beginFault('refused', never);
    expect(brokerOf(world.server)).toMatchObject({ replicas: 0 });
    await world.target().undeploy();
    expect(brokerOf(world.server)).toMatchObject({ replicas: 1, kept: undefined });
  });
});
