/** Reads the symbol out of an order's body, and nothing else: whether the order is sound is the shard's to say. Pure. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type SymbolReading = { kind: 'symbol'; symbol: string } | { kind: 'not JSON' } | { kind: 'no symbol' };

export function readOrderSymbol(body: Uint8Array): SymbolReading {
  let order: unknown;
  try {
    order = JSON.parse(utf8.decode(body));
  } catch {
    return { kind: 'not JSON' };
  }
  if (typeof order !== 'object' || order === null || !Object.hasOwn(order, 'symbol')) return { kind: 'no symbol' };
  const { symbol } = order as { symbol: unknown };
  return typeof symbol === 'string' && symbol !== '' ? { kind: 'symbol', symbol } : { kind: 'no symbol' };
}
