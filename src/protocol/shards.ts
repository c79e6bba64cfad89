/** The symbols of the experiment and the shard that owns each: a table, not a hash. */
const letters = (from: string, to: string): string[] => {
  const out: string[] = [];
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) {
    out.push(`TEST-ASSET-${String.fromCharCode(code)}`);
  }
  return out;
};

export const SHARD_SYMBOLS: Readonly<Record<ShardId, readonly string[]>> = {
  a: letters('A', 'D'),
  b: letters('E', 'H'),
  c: letters('I', 'L'),
};

export type ShardId = 'a' | 'b' | 'c';
export const SHARD_IDS: readonly ShardId[] = ['a', 'b', 'c'];

/** The shards of each shape that can be deployed. */
export type Shape = 'single' | 'multi';
export const SHAPE_SHARDS: Readonly<Record<Shape, readonly ShardId[]>> = { single: ['a'], multi: SHARD_IDS };
