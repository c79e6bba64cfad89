/** What the commands around a cluster share: where its record is, and one mex at a time that changes it. */
import { resolve } from 'node:path';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { BaseCommand } from './base-command.ts';
import { stepRunner } from './step-runner.ts';

export abstract class ClusterCommand extends BaseCommand {
  /** Where mex keeps what belongs to the folder it is run in. */
  protected readonly folder = resolve('.mex');

  protected get step(): ReturnType<typeof stepRunner> {
    return stepRunner({ quiet: this.jsonEnabled() });
  }

  protected async alone<T>(work: () => Promise<T>): Promise<T> {
    const [{ lockFolder }, { makeFolder }, { rmdir }] = await Promise.all([
      import('../exec/lock-folder.ts'),
      import('../cluster/cluster-record.ts'),
      import('node:fs/promises'),
    ]);
    await makeFolder(this.folder);
    const release = await lockFolder(this.folder, inUse);
    try {
      return await work();
    } finally {
      await release();
      // Where nothing was left in it.
      await rmdir(this.folder).catch(() => undefined);
    }
  }
}

function inUse(folder: string): MexError {
  return new MexError(`Another mex is changing the cluster of ${folder}`, {
    code: 'CLUSTER_BUSY',
    exit: EXIT.environment,
    suggestion: 'Wait until it has ended, then run this again.',
  });
}
