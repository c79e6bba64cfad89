import { describe, expect, it } from 'vitest';
import { MexError } from '../../src/errors/mex-error.ts';
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts';
import { SHARD_IDS, SHARD_SYMBOLS } from '../../src/protocol/shards.ts';

describe('the configuration of the gateway', () => {
  it('has the defaults of the contract, and listens on loopback only', () => {
    const { map, ...rest } = parseGatewayConfig({});
    expect(rest).toEqual({
      httpHost: '127.0.0.1',
      httpPort: 8080,
      metricsPort: 9091,
      limits: { timeoutMs: 5_000, connectTimeoutMs: 2_000, connections: 64, queue: 256 },
    });
    expect(map.shards).toEqual(
      SHARD_IDS.map((id) => ({ id, origin: `http://me-shard-${id}:8080`, symbols: SHARD_SYMBOLS[id] })),
    );
    expect(map.shardOf('TEST-ASSET-E')).toBe('b');
  });

  it('tells all problems at once, a line each with variable, value and what is allowed', () => {
    const thrown = caught({
      HTTP_HOST: 'a b',
      HTTP_PORT: '65536',
      METRICS_PORT: '',
      SHARD_QUEUE: '-1',
      ME_SHARD_MAP: 'a=ftp://x',
      SHARD_SYMBOLS_MAP: 'a=X,b=X',
    });
    expect(thrown.exit).toBe(64);
    expect(thrown.message.split('\n')).toEqual([
      'HTTP_HOST has "a b": allowed is a host name or address',
      'HTTP_PORT has "65536": allowed is a whole number from 0 to 65535',
      'METRICS_PORT has "": allowed is a whole number from 0 to 65535',
      'SHARD_QUEUE has "-1": allowed is a whole number from 0 to 65536',
      'ME_SHARD_MAP has "a=ftp://x": allowed is an address like http://host:8080, without path, query or user',
      'SHARD_SYMBOLS_MAP has "X on shard a and shard b": allowed is a symbol once',
      'ME_SHARD_MAP has "no address for shard b": allowed is an address for every shard of SHARD_SYMBOLS_MAP',
    ]);
  });

  it('refuses one port for both, unless any free one will do', () => {
    expect(caught({ HTTP_PORT: '9000', METRICS_PORT: '9000' }).message).toContain('another port than HTTP_PORT');
    expect(parseGatewayConfig({ HTTP_PORT: '0', METRICS_PORT: '0' }).httpPort).toBe(0);
  });
});

function caught(environment: Record<string, string>): MexError {
  try {
    parseGatewayConfig(environment);
  } catch (thrown) {
    if (thrown instanceof MexError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was taken');
}
