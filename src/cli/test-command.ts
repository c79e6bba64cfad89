/** `mex test asr1` and `mex test asr2`: the same command over the cases of one ASR. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { AsrId, Case } from '../experiment/cases.ts';
import type { TargetName } from '../targets/select-target.ts';
import { parseTimeScale, runFlags, selectCases } from './experiment-command.ts';
import type { BrokerFlags } from './find-broker.ts';
import { chooseLoad, type LoadFlags } from './load-flags.ts';
import { RunCommand } from './run-command.ts';
import type { MetricsFlags } from './select-metrics.ts';

export const testFlags = {
  ...runFlags,
  case: Flags.string({ description: 'only this case', helpValue: 'a2' }),
  'kill-pod': Flags.boolean({
    description:
      'delete the pod of shard a half-way: the latencies do not count then, but no acknowledged order may be lost (k8s)',
    dependsOn: ['case'],
  }),
};

interface ParsedTestFlags extends BrokerFlags, MetricsFlags, LoadFlags {
  target: TargetName;
  results: string;
  seed: number;
  repeat?: number | undefined;
  'time-scale': string;
  case?: string | undefined;
  'kill-pod': boolean;
}

export abstract class TestCommand extends RunCommand {
  protected async testAsr(asr: AsrId, flags: ParsedTestFlags): Promise<unknown> {
    const question = {
      results: flags.results,
      target: flags.target,
      load: chooseLoad(flags.target, flags),
      metrics: flags,
      seed: flags.seed,
      repeat: flags.repeat ?? ('as needed' as const),
      timeScale: parseTimeScale(flags['time-scale']),
      cases: selectCases(asr, flags.case),
    };
    if (flags['kill-pod']) requireOwnDisturbance(question.cases);
    const record = await this.runCases({
      question,
      broker: flags,
      undeployAlways: false,
      ...(flags['kill-pod'] && { loseShard: 'a' }),
      uses: ['orders', 'prometheus'],
    });
    return this.conclude(record, this.folderOf(flags.results, record.runId));
  }
}

/** Two disturbances at once would say of neither what it did. */
function requireOwnDisturbance(cases: readonly Case[]): void {
  const disturbed = cases.find(({ phases }) => phases.some(({ fault }) => fault !== undefined));
  if (disturbed === undefined) return;
  throw new MexError(`--kill-pod: ${disturbed.id} takes the broker away already`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'Take another case: --case a2',
  });
}
