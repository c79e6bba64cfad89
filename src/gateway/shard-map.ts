/**
 * Which shard owns which symbol: an explicit table, so that routing is deterministic and can be read by a person.
 *
 * Guarantees: every symbol has one shard, every shard an address and at least one symbol. Pure; the table never changes.
 */
import { SHARD_ID_PATTERN, SYMBOL_PATTERN } from '../protocol/orders.ts';

export interface ShardRoute {
  id: string;
  /** `http://host:port`, without a slash at the end. */
  origin: string;
  symbols: readonly string[];
}

export interface ShardMap {
  readonly shards: readonly ShardRoute[];
  /** Undefined where no shard owns the symbol. */
  shardOf(symbol: string): string | undefined;
}

/** One thing wrong with one of the two variables. */
export interface MapProblem {
  variable: 'ME_SHARD_MAP' | 'SHARD_SYMBOLS_MAP';
  /** The part that is wrong. */
  found: string;
  allowed: string;
}

/** Each shard has a pool of its own and several metric series: more than this is a mistake in the variable. */
const SHARDS_MAX = 64;
/** The metrics' label for requests that belong to no shard. */
export const NO_SHARD = 'unknown';

/** Looks symbols up in a Map: `__proto__` and `toString` are symbols like any other, mostly unknown ones. */
export function createShardMap(shards: readonly ShardRoute[]): ShardMap {
  const owner = new Map<string, string>();
  for (const { id, symbols } of shards) for (const symbol of symbols) owner.set(symbol, id);
  return { shards, shardOf: (symbol) => owner.get(symbol) };
}

/**
 * @param addresses `a=http://host:port,b=…`
 * @param symbols `a=SYMBOL:SYMBOL,b=…`
 * @returns the map and no problems, or all problems.
 */
export function parseShardMap(
  addresses: string,
  symbols: string,
): { map: ShardMap; problems: [] } | { map: undefined; problems: MapProblem[] } {
  const problems: MapProblem[] = [];
  const origins = parseEntries('ME_SHARD_MAP', addresses, problems);
  const owned = parseEntries('SHARD_SYMBOLS_MAP', symbols, problems);
  checkOrigins(origins, problems);
  checkSymbols(owned, problems);
  checkPairs(origins, owned, problems);
  if (problems.length > 0) return { map: undefined, problems };
  const shards = [...origins].map(([id, origin]) => ({
    id,
    origin: new URL(origin).origin,
    symbols: (owned.get(id) ?? '').split(':'),
  }));
  return { map: createShardMap(shards), problems: [] };
}

function parseEntries(variable: MapProblem['variable'], text: string, problems: MapProblem[]): Map<string, string> {
  const entries = new Map<string, string>();
  const allowed = 'shard=value pairs separated by commas, shard names of lower-case letters, digits and "-"';
  for (const entry of text.split(',')) {
    const [id = '', ...rest] = entry.split('=');
    if (!SHARD_ID_PATTERN.test(id) || id === NO_SHARD || rest.length === 0) {
      problems.push({ variable, found: entry, allowed });
    } else if (entries.has(id)) {
      problems.push({ variable, found: entry, allowed: `shard ${id} once` });
    } else {
      entries.set(id, rest.join('='));
    }
  }
  if (entries.size > SHARDS_MAX) {
    problems.push({ variable, found: `${entries.size} shards`, allowed: `at most ${SHARDS_MAX} shards` });
  }
  return entries;
}

function checkOrigins(origins: Map<string, string>, problems: MapProblem[]): void {
  for (const [id, origin] of origins) {
    if (!isOrigin(origin)) {
      const allowed = 'an address like http://host:8080, without path, query or user';
      problems.push({ variable: 'ME_SHARD_MAP', found: `${id}=${origin}`, allowed });
    }
  }
}

function isOrigin(text: string): boolean {
  if (!/^http:\/\/[^/?#@\s]+\/?$/.test(text)) return false;
  return URL.canParse(text);
}

function checkSymbols(owned: Map<string, string>, problems: MapProblem[]): void {
  const variable = 'SHARD_SYMBOLS_MAP';
  const owner = new Map<string, string>();
  for (const [id, list] of owned) {
    for (const symbol of list.split(':')) {
      const first = owner.get(symbol);
      if (!SYMBOL_PATTERN.test(symbol)) {
        const allowed = 'symbols of 1 to 32 letters, digits, ".", "_" or "-", separated by colons';
        problems.push({ variable, found: `${id}=${list}`, allowed });
      } else if (first !== undefined) {
        problems.push({ variable, found: `${symbol} on shard ${first} and shard ${id}`, allowed: 'a symbol once' });
      } else {
        owner.set(symbol, id);
      }
    }
  }
}

function checkPairs(origins: Map<string, string>, owned: Map<string, string>, problems: MapProblem[]): void {
  for (const id of owned.keys()) {
    if (!origins.has(id)) {
      const allowed = 'an address for every shard of SHARD_SYMBOLS_MAP';
      problems.push({ variable: 'ME_SHARD_MAP', found: `no address for shard ${id}`, allowed });
    }
  }
  for (const id of origins.keys()) {
    if (!owned.has(id)) {
      const allowed = 'symbols for every shard of ME_SHARD_MAP';
      problems.push({ variable: 'SHARD_SYMBOLS_MAP', found: `no symbols for shard ${id}`, allowed });
    }
  }
}
