import { describe, expect, it } from 'vitest';
import { checkName, differences, k3dConfig, parsePorts, planOf } from '../../src/cluster/cluster-plan.ts';

describe('a plan', () => {
  it('is one server, three agents and the usual ports, where nothing else is asked for', () => {
    expect(planOf({ ports: {} })).toEqual({
      name: 'matching-engine-exp',
      agents: 3,
      ports: {
        gateway: 8080,
        'engine-a': 8081,
        'engine-b': 8082,
        'engine-c': 8083,
        prometheus: 9090,
        grafana: 3000,
      },
    });
  });

  it.each([
    [{}, []],
    [{ agents: 3, name: 'matching-engine-exp', ports: { grafana: 3000 } }, []],
    [{ agents: 0 }, ['the number of agents is 3, not 0']],
    [{ name: 'other' }, ['its name is matching-engine-exp, not other']],
    [{ k3sImage: 'k3s:x', ports: {} }, ["the image of its nodes is k3d's own, not k3s:x"]],
    [
      { agents: 1, ports: { gateway: 1, grafana: 2 } },
      ['the number of agents is 3, not 1', 'the port of gateway is 8080, not 1', 'the port of grafana is 3000, not 2'],
    ],
  ])('differs from what is wished for: %j', (wish, differs) => {
    expect(differences(planOf({ ports: {} }), { ports: {}, ...wish })).toEqual(differs);
  });

  it('without agents marks none', () => {
    const { options } = k3dConfig(planOf({ agents: 0, ports: {} }), { id: 'x', folder: '/f' });
    expect(options.k3s.nodeLabels).toEqual([]);
    expect(options.runtime.labels[0]).toEqual({ label: 'mex.cluster=x', nodeFilters: ['server:*'] });
  });
});

describe('--port', () => {
  it('names who is to be reached where', () => {
    expect(parsePorts(['gateway=18080', 'grafana=13000'])).toEqual({ gateway: 18_080, grafana: 13_000 });
    expect(parsePorts([])).toEqual({});
  });

  it.each([
    [['8080'], '--port 8080: expected NAME=PORT with a port from 1 to 65535'],
    [['moon=1'], '--port moon=1: expected NAME=PORT with a port from 1 to 65535'],
    [['gateway=0'], '--port gateway=0: expected NAME=PORT with a port from 1 to 65535'],
    [['gateway=65536'], '--port gateway=65536: expected NAME=PORT with a port from 1 to 65535'],
    [['gateway=-1'], '--port gateway=-1: expected NAME=PORT with a port from 1 to 65535'],
    [['gateway=3000'], '--port: two servers cannot have the same port'],
  ])('%j is refused', (texts, message) => {
    expect(() => parsePorts(texts)).toThrow(expect.objectContaining({ exit: 2, message }));
  });
});

describe('--name', () => {
  it.each(['a', 'matching-engine-exp', `a${'b'.repeat(31)}`])('%s will do', (name) => {
    expect(checkName(name)).toBe(name);
  });
  it.each(['', '-a', 'a-', 'A', 'a_b', '1a', 'a b', `a${'b'.repeat(32)}`])('"%s" is refused', (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ exit: 2 }));
  });
});
