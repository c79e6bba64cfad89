import { expect, it } from 'vitest';
import { parseEngineConfig } from '../../src/engine/engine-config.ts';

it('has the defaults of the contract', () => {
  expect(parseEngineConfig({})).toEqual({
    shardId: 'a',
    symbols: ['TEST-ASSET-A', 'TEST-ASSET-B', 'TEST-ASSET-C', 'TEST-ASSET-D'],
    httpHost: '127.0.0.1',
    httpPort: 8080,
    metricsPort: 9091,
    kafkaBootstrap: ['localhost:9092'],
    kafkaProxy: null,
    walPath: '/tmp/wal',
    segmentBytesMax: 64 * 1024 * 1024,
    retentionBytes: 512 * 1024 * 1024,
    ringSlots: 131_072,
    ackMode: 'durable',
    eventDelivery: 'at-least-once',
    adminToken: null,
  });
});

it('tells every problem at once, a line each', () => {
  const environment = {
    SHARD_ID: 'A!',
    SHARD_SYMBOLS: 'X,X',
    HTTP_PORT: '70000',
    METRICS_PORT: 'x',
    KAFKA_BOOTSTRAP: 'nowhere',
    WAL_PATH: '',
    WAL_SIZE_MB: '0',
    WAL_RETENTION_MB: '-1',
    RING_BUFFER_SIZE: '1000',
    ACK_MODE: 'maybe',
    EVENT_DELIVERY: 'never',
    ADMIN_TOKEN: '',
  };
  const names = Object.keys(environment);
  try {
    parseEngineConfig(environment);
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toMatchObject({ exit: 64, code: 'CONFIG' });
    const lines = (thrown as Error).message.split('\n');
    expect(lines.map((line) => line.split('=')[0])).toEqual(names);
    expect(lines.every((line) => line.includes(': allowed is '))).toBe(true);
    expect(lines).toContain('ACK_MODE=maybe: allowed is durable or received');
    expect(lines).toContain('RING_BUFFER_SIZE=1000: allowed is a power of two from 2 to 16777216');
  }
});

it('turns publishing off where KAFKA_BOOTSTRAP is empty', () => {
  expect(parseEngineConfig({ KAFKA_BOOTSTRAP: '' }).kafkaBootstrap).toEqual([]);
});

it('refuses one port for both', () => {
  expect(() => parseEngineConfig({ HTTP_PORT: '9000', METRICS_PORT: '9000' })).toThrow('METRICS_PORT=9000');
});
