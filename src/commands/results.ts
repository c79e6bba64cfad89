import { Args, Flags } from '@oclif/core';
import { ExperimentCommand, resultsFlag } from '../cli/experiment-command.ts';
import { palette } from '../cli/palette.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { AsrId } from '../experiment/cases.ts';
import type { Format } from '../report/render.ts';

export default class Results extends ExperimentCommand {
  static override summary = 'judge a kept run again and show its verdicts';
  static override description =
    'Without a run, the newest. Judging needs nothing but the numbers in run.json. Exit code 0, 3 or 4 as after the run itself.';
  static override args = {
    run: Args.string({ description: 'id of the run (a folder in results/), or asr1 or asr2 of the newest' }),
    asr: Args.string({ description: 'only this ASR', options: ['asr1', 'asr2'] }),
  };
  static override flags = {
    ...resultsFlag,
    format: Flags.string({
      description: 'how to show it',
      options: ['table', 'json', 'md', 'junit'],
      default: 'table',
    }),
  };
  static override examples = [
    { description: 'the newest run', command: '<%= config.bin %> results' },
    { description: 'one ASR of a run, as Markdown', command: '<%= config.bin %> results reference asr1 --format md' },
    { description: 'for a build server', command: '<%= config.bin %> results --format junit' },
  ];

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Results);
    const [runId, asr] = whichRun(args.run, args.asr);
    const [{ ResultsFolder }, { readRecord }, { judgeAgain }, { exitCodeOf }, { onlyAsr }, { render }] =
      await Promise.all([
        import('../runner/results-folder.ts'),
        import('../runner/read-record.ts'),
        import('../runner/run-experiment.ts'),
        import('../verdict/exit-code.ts'),
        import('../report/only-asr.ts'),
        import('../report/render.ts'),
      ]);
    const kept = await readRecord(await ResultsFolder.open(flags.results, runId));
    const judged = { ...kept, judgement: judgeAgain(kept) };
    const record = asr === undefined ? judged : onlyAsr(judged, asr);
    this.log(render(record, flags.format as Format, palette()));
    process.exitCode = exitCodeOf(record.judgement, record.config.cases);
    const { jsonReport } = await import('../report/json-report.ts');
    return jsonReport(record);
  }
}

/** `results asr1` speaks of the newest run. */
function whichRun(run: string | undefined, asr: string | undefined): [string | undefined, AsrId | undefined] {
  if (run !== 'asr1' && run !== 'asr2') return [run, asr as AsrId | undefined];
  if (asr === undefined) return [undefined, run];
  throw new MexError(`Two ASRs were named: ${run} and ${asr}`, {
    code: 'BAD_ARGS',
    exit: EXIT.usage,
    suggestion: 'Name one.',
  });
}
