/** Which cluster, and what stands in it for long: as `mex cluster up` has recorded it. */
import { type ClusterRecord, readRecord, refOf } from '../../cluster/cluster-record.ts';
import type { Platform } from '../../cluster/platform.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { ClusterRef } from '../../kubernetes/kube-config.ts';

export interface ClusterPlace {
  record: ClusterRecord;
  platform: Platform;
  ref: ClusterRef;
}

/** @param folder the absolute path of `.mex`. @throws MexError exit 5 where `cluster up` has not come to its end */
export async function readPlace(folder: string): Promise<ClusterPlace> {
  const record = await readRecord(folder);
  if (record === undefined) throw notUp('There is no cluster here');
  const { platform } = record;
  if (platform === undefined) throw notUp('The cluster is not furnished: it lacks a broker, monitoring or the image');
  return { record, platform, ref: refOf(record, folder) };
}

function notUp(message: string): MexError {
  return new MexError(message, { code: 'NO_PLATFORM', exit: EXIT.environment, suggestion: 'Run: mex cluster up' });
}
