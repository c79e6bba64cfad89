import type { Endpoint } from '../src/targets/target.ts';

/** The process of a server on this machine. */
export function pidOf(endpoint: Endpoint | undefined): number {
  if (endpoint?.pid === undefined) throw new Error(`${endpoint?.name ?? 'it'} has no process here`);
  return endpoint.pid;
}
