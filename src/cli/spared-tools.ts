/** Which tools the cluster that mex works on from here does without: its record says what was chosen for it. */
import type { SparedTools } from '../doctor/tool-checks.ts';

/** @param folder that of the record: `.mex`. Without a record nothing is spared. */
export async function sparedTools(folder: string): Promise<SparedTools> {
  const { readRecord } = await import('../cluster/cluster-record.ts');
  const record = await readRecord(folder);
  const byContext = record?.kind === 'context' ? `the cluster of context ${record.context} runs elsewhere` : undefined;
  const { platform } = record ?? {};
  return {
    ...(byContext !== undefined && { k3d: byContext }),
    // The image is there already.
    ...(byContext !== undefined && platform !== undefined && { docker: byContext, 'docker daemon': byContext }),
    ...(platform?.observability === 'plain' && { helm: 'the monitoring is installed without it' }),
  };
}
