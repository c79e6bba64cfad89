/**
 * Steps that let mex use a cluster that somebody else keeps, by the name of a context in the person's kubeconfig. Nothing
 * is made in it by these; the record says that this is the cluster, so that later commands need not be told.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type ClusterRecord, readRecord, writeRecord } from './cluster-record.ts';
import { ClusterSession, type ClusterSteps } from './cluster-steps.ts';
import { otherReadySteps } from './ready-steps.ts';

export async function otherClusterSteps(folder: string, context: string): Promise<ClusterSteps> {
  const record = await readRecord(folder);
  refuseAnother(record, context);
  const session = new ClusterSession({ context });
  const remember = async (): Promise<{ changed: boolean; found: string }> => {
    if (record !== undefined) return { changed: false, found: `context ${context}, as before` };
    await writeRecord(folder, { version: 1, kind: 'context', context });
    return { changed: true, found: `context ${context}, from now on` };
  };
  return { session, steps: [...otherReadySteps(session), { title: 'cluster to be used', run: remember }] };
}

function refuseAnother(record: ClusterRecord | undefined, context: string): void {
  if (record === undefined || (record.kind === 'context' && record.context === context)) return;
  const which = record.kind === 'context' ? `that of context "${record.context}"` : `its own, ${record.plan.name},`;
  throw new MexError(`mex works on another cluster from here: ${which}`, {
    code: 'OTHER_CLUSTER',
    exit: EXIT.usage,
    suggestion: `To take ${context}: mex cluster down${record.kind === 'context' ? ' --yes' : ''}, then this again.`,
  });
}
