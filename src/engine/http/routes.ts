/** Which call a request is: the table of paths, with 404 and 405 for the rest. */
import type { Refusal } from './send.ts';

type RouteName = 'place' | 'cancel' | 'amend' | 'order' | 'book' | 'seed' | 'reset' | 'health' | 'ready';

export interface Route {
  name: RouteName;
  /** The part of the path that varies, decoded; empty where there is none. */
  argument: string;
  query: URLSearchParams;
}

const ROUTES: readonly { method: string; path: RegExp; name: RouteName }[] = [
  { method: 'POST', path: /^\/orders$/, name: 'place' },
  { method: 'GET', path: /^\/orders\/([^/]+)$/, name: 'order' },
  { method: 'PATCH', path: /^\/orders\/([^/]+)$/, name: 'amend' },
  { method: 'DELETE', path: /^\/orders\/([^/]+)$/, name: 'cancel' },
  { method: 'GET', path: /^\/book\/([^/]+)$/, name: 'book' },
  { method: 'POST', path: /^\/seed(?:\/([^/]+))?$/, name: 'seed' },
  { method: 'POST', path: /^\/reset$/, name: 'reset' },
  { method: 'GET', path: /^\/health$/, name: 'health' },
  { method: 'GET', path: /^\/ready$/, name: 'ready' },
];

const NO_QUERY = new URLSearchParams();
/** By far the most frequent one. */
const PLACE: Route = { name: 'place', argument: '', query: NO_QUERY };

export function findRoute(method: string, url: string): Route | Refusal {
  if (url === '/orders' && method === 'POST') return PLACE;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const ofPath = ROUTES.filter((route) => route.path.test(path));
  if (ofPath.length === 0) return { httpStatus: 404, reason: `Unknown path: ${path.slice(0, 100)}` };
  const route = ofPath.find((candidate) => candidate.method === method);
  if (route === undefined) {
    const allow = ofPath.map((candidate) => candidate.method).join(', ');
    return { httpStatus: 405, reason: `Method not allowed: ${method}, use ${allow}`, headers: { Allow: allow } };
  }
  const argument = decoded(route.path.exec(path)?.[1] ?? '');
  if (argument === null) return { httpStatus: 400, reason: 'Malformed path' };
  return { name: route.name, argument, query: mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1)) };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
