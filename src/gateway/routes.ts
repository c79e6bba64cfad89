/**
 * What a request asks for, from its method and path alone. Pure.
 *
 * Guarantees: only origin-form paths are taken, and the path for the shard is built anew from checked parts, so that
 * nothing a client writes chooses a host or another path.
 */
import type { ShardRequest } from './shard-client.ts';

export type Method = ShardRequest['method'];

/** `order`: the symbol stands in the body. `symbol`: it stands in the URL, or should. */
export type Route =
  | { kind: 'own'; page: 'health' | 'ready' | 'routes' }
  | { kind: 'order'; method: 'POST'; path: '/orders' }
  | { kind: 'symbol'; method: Method; path: string; symbol: string | null }
  | { kind: 'seed'; method: 'POST'; path: '/seed'; shardId: string }
  | { kind: 'bad path' }
  | { kind: 'not found' }
  | { kind: 'wrong method'; allow: string };

const OWN_PAGES = new Map([
  ['health', 'health'],
  ['ready', 'ready'],
  ['routes', 'routes'],
] as const);

/** @param target the request target as it came: `/book/X?levels=5`. */
export function routeOf(method: string, target: string): Route {
  const [path = '', query = ''] = splitOnce(target, '?');
  const segments = decodeSegments(path);
  if (segments === undefined) return { kind: 'bad path' };
  const parameters = new URLSearchParams(query);
  const [first = '', second, ...more] = segments;
  if (more.length > 0 || second === '') return { kind: 'not found' };
  if (second === undefined) {
    const page = OWN_PAGES.get(first as 'health');
    if (page !== undefined) return method === 'GET' ? { kind: 'own', page } : { kind: 'wrong method', allow: 'GET' };
    if (first !== 'orders') return { kind: 'not found' };
    return method === 'POST' ? { kind: 'order', method, path: '/orders' } : { kind: 'wrong method', allow: 'POST' };
  }
  if (first === 'orders') return orderRoute(method, second, parameters);
  if (first === 'book') return bookRoute(method, second, parameters);
  if (first !== 'seed') return { kind: 'not found' };
  if (method !== 'POST') return { kind: 'wrong method', allow: 'POST' };
  return { kind: 'seed', method, path: '/seed', shardId: second };
}

function orderRoute(method: string, orderId: string, parameters: URLSearchParams): Route {
  if (method !== 'GET' && method !== 'PATCH' && method !== 'DELETE') {
    return { kind: 'wrong method', allow: 'GET, PATCH, DELETE' };
  }
  const symbol = parameters.get('symbol');
  const query = symbol === null ? '' : `?symbol=${encodeURIComponent(symbol)}`;
  return { kind: 'symbol', method, path: `/orders/${encodeURIComponent(orderId)}${query}`, symbol };
}

function bookRoute(method: string, symbol: string, parameters: URLSearchParams): Route {
  if (method !== 'GET') return { kind: 'wrong method', allow: 'GET' };
  const levels = parameters.get('levels');
  const query = levels === null ? '' : `?levels=${encodeURIComponent(levels)}`;
  return { kind: 'symbol', method, path: `/book/${encodeURIComponent(symbol)}${query}`, symbol };
}

/** Undefined for anything but an absolute path with sound escapes. */
function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined;
    throw thrown;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
