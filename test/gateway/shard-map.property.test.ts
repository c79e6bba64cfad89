import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShardMap } from '../../src/gateway/shard-map.ts';

const shardId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,7}$/).filter((id) => id !== 'unknown');
const symbol = fc.oneof(fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/), fc.constantFrom('__proto__', 'toString'));

/** Shards with symbols that are all different. */
const table = fc
  .tuple(
    fc.uniqueArray(shardId, { minLength: 1, maxLength: 6 }),
    fc.uniqueArray(symbol, { minLength: 6, maxLength: 30 }),
  )
  .map(([ids, symbols]) =>
    ids.map((id, shard) => ({ id, symbols: symbols.filter((_, index) => index % ids.length === shard) })),
  );
type Table = { id: string; symbols: string[] }[];
const addresses = (shards: Table) => shards.map(({ id }, index) => `${id}=http://h:${8000 + index}`).join(',');
const owned = (shards: Table) => shards.map(({ id, symbols }) => `${id}=${symbols.join(':')}`).join(',');

describe('the shard map', () => {
  it('gives every symbol to the shard it was written to, and no other symbol to any', () => {
    fc.assert(
      fc.property(table, symbol, (shards, other) => {
        const { map, problems } = parseShardMap(addresses(shards), owned(shards));
        expect(problems).toEqual([]);
        for (const { id, symbols } of shards) for (const name of symbols) expect(map?.shardOf(name)).toBe(id);
        if (!shards.some(({ symbols }) => symbols.includes(other))) expect(map?.shardOf(other)).toBeUndefined();
      }),
    );
  });

  it('refuses a symbol on two shards, wherever it stands', () => {
    fc.assert(
      fc.property(
        table.filter((shards) => shards.length > 1),
        fc.nat(),
        (shards, pick) => {
          const [from, to] = [shards[pick % shards.length], shards[(pick + 1) % shards.length]];
          const doubled = from?.symbols[pick % from.symbols.length] ?? '';
          to?.symbols.push(doubled);
          const { map, problems } = parseShardMap(addresses(shards), owned(shards));
          expect(map).toBeUndefined();
          expect(problems).toHaveLength(1);
          expect(problems[0]?.found).toMatch(/ on shard .* and shard /);
        },
      ),
    );
  });

  it('refuses a shard without an address and an address without symbols', () => {
    fc.assert(
      fc.property(
        table.filter((shards) => shards.length > 1),
        (shards) => {
          const [first, ...others] = shards;
          expect(parseShardMap(addresses(others), owned(shards)).problems).toEqual([
            expect.objectContaining({ variable: 'ME_SHARD_MAP', found: `no address for shard ${first?.id}` }),
          ]);
          expect(parseShardMap(addresses(shards), owned(others)).problems).toEqual([
            expect.objectContaining({ variable: 'SHARD_SYMBOLS_MAP', found: `no symbols for shard ${first?.id}` }),
          ]);
        },
      ),
    );
  });

  it.each(['https://h:1', 'http://h/path', 'http://u@h', 'h:8080', '', 'http://', 'http://h:99999', 'http://h?x'])(
    'refuses the address %j',
    (address) => {
      expect(parseShardMap(`a=${address}`, 'a=X').map).toBeUndefined();
    },
  );

  it.each(['', 'a', '=x', 'A=X', 'unknown=X', 'a=X,a=Y', 'a=', 'a=X:', 'a=X Y', 'a=X:X'])(
    'refuses the symbols %j',
    (symbols) => {
      expect(parseShardMap('a=http://h', symbols).map).toBeUndefined();
    },
  );
});
