/**
 * The state of mex's own cluster: what docker has under its name, held against the record. Docker is asked, not the
 * record alone: containers may have been stopped or removed by hand, or be somebody else's.
 */
import type { ClusterRecord, OwnCluster } from './cluster-record.ts';
import { type ClusterContainer, type ClusterParts, partsOf } from './docker.ts';

export type OwnState =
  /** Nothing of that name. */
  | 'absent'
  /** Made by somebody else, or by mex from another folder. */
  | 'foreign'
  /** Its making was interrupted, or all its nodes were removed by hand: there is nothing in it to lose. */
  | 'half-made'
  /** Some of its nodes were removed by hand, or its record was: there may be something in it to lose. */
  | 'broken'
  | 'stopped'
  | 'running';

export interface OwnClusterSight {
  state: OwnState;
  name: string;
  parts: ClusterParts;
  /** Servers and agents. */
  nodes: ClusterContainer[];
  /** Where it is foreign: the `.mex` folder of the mex that made it. */
  madeIn?: string;
}

export async function lookAtCluster(
  name: string,
  { record, folder }: { record: ClusterRecord | undefined; folder: string },
  signal: AbortSignal,
): Promise<OwnClusterSight> {
  const parts = await partsOf(name, signal);
  const nodes = parts.containers.filter(({ role }) => role !== 'helper');
  const own = record?.kind === 'k3d' && record.plan.name === name ? record : undefined;
  const foreign = nodes.find((node) => !isOurs(node, own, folder));
  const state = foreign === undefined ? stateOf(parts, nodes, own) : 'foreign';
  return { state, name, parts, nodes, ...(foreign && foreign.folder !== '' && { madeIn: foreign.folder }) };
}

/** The folder tells where the record was lost. */
function isOurs({ clusterId, folder: madeIn }: ClusterContainer, own: OwnCluster | undefined, folder: string): boolean {
  return clusterId === own?.id || madeIn === folder;
}

function stateOf(parts: ClusterParts, nodes: readonly ClusterContainer[], own: OwnCluster | undefined): OwnState {
  const nothing = parts.containers.length === 0 && parts.networks.length === 0 && parts.volumes.length === 0;
  if (nothing) return 'absent';
  // Of helpers, networks and volumes it cannot be seen whose they are: without a record they are not ours.
  if (own === undefined) return nodes.length === 0 ? 'foreign' : 'broken';
  if (own.phase === 'creating' || nodes.length === 0) return 'half-made';
  if (nodes.length < 1 + own.plan.agents) return 'broken';
  return nodes.every(({ running }) => running) ? 'running' : 'stopped';
}
