import { Args, Flags } from '@oclif/core';
import { ExperimentCommand, resultsFlag } from '../cli/experiment-command.ts';
import { palette } from '../cli/palette.ts';
import { measuredAgain, OBSERVABLE, type ObservedQuestion, observed } from '../cli/prometheus-results.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { AsrId } from '../experiment/cases.ts';
import type { ObservedPage } from '../report/observed-report.ts';
import type { Format } from '../report/render.ts';

export default class Results extends ExperimentCommand {
  static override summary = 'judge a kept run again and show its verdicts';
  static override description =
    'Without a run, the newest. Judging needs nothing but the numbers in run.json. Exit code 0, 3 or 4 as after the run ' +
    'itself. With --prometheus a named run is measured again from there; without a run, that Prometheus is judged over a ' +
    'stretch of time, whoever sent the load: exit code 3 or 4, since metrics alone give no verdict.';
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
    prometheus: Flags.string({ description: 'a Prometheus to measure the servers by', helpValue: 'URL' }),
    from: Flags.string({
      description: 'start of the stretch to judge. Default: as long before its end as the case lasts',
      helpValue: 'TIME',
      dependsOn: ['prometheus'],
    }),
    to: Flags.string({ description: 'end of the stretch. Default: now', helpValue: 'TIME', dependsOn: ['prometheus'] }),
    as: Flags.option({ options: OBSERVABLE })({
      description: 'the case whose load was sent in that stretch. Default: a2 of asr1, b2 of asr2',
      dependsOn: ['prometheus'],
    }),
  };
  static override examples = [
    { description: 'the newest run', command: '<%= config.bin %> results' },
    { description: 'one ASR of a run, as Markdown', command: '<%= config.bin %> results reference asr1 --format md' },
    { description: 'for a build server', command: '<%= config.bin %> results --format junit' },
    {
      description: 'the servers of a kept run as a Prometheus saw them',
      command: '<%= config.bin %> results 20261122-231500-k3f9 --prometheus http://127.0.0.1:9090',
    },
    {
      description: 'what a Prometheus holds of the last five minutes, taken for A2',
      command: '<%= config.bin %> results asr1 --prometheus http://127.0.0.1:9090',
    },
  ];

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Results);
    const [runId, asr] = whichRun(args.run, args.asr);
    const { prometheus, from, to } = flags;
    if (prometheus !== undefined && runId === undefined) {
      if (flags.format === 'md' || flags.format === 'junit') throw noReport(flags.format);
      return this.#observed({ url: prometheus, asr: asr ?? 'asr1', as: flags.as, from, to, nowMs: Date.now() });
    }
    if (from !== undefined || to !== undefined || flags.as !== undefined) throw stretchOfRun();
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
    const measured = prometheus === undefined ? kept : await measuredAgain(kept, prometheus);
    const judged = { ...measured, judgement: judgeAgain(measured) };
    const record = asr === undefined ? judged : onlyAsr(judged, asr);
    this.log(render(record, flags.format as Format, palette()));
    process.exitCode = exitCodeOf(record.judgement, record.config.cases);
    const { jsonReport } = await import('../report/json-report.ts');
    return jsonReport(record);
  }

  async #observed(question: ObservedQuestion): Promise<ObservedPage> {
    const page = await observed(question);
    const { observedReport } = await import('../report/observed-report.ts');
    this.log(observedReport(page, palette()));
    const failed = page.criteria.some(({ verdict }) => verdict === 'FAIL');
    process.exitCode = failed ? EXIT.criterionFailed : EXIT.noVerdict;
    return page;
  }
}

function stretchOfRun(): MexError {
  return new MexError('A run was named, and --from, --to or --as given', {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'A run knows its own stretches: leave the flags out, or the run.',
  });
}

function noReport(format: string): MexError {
  return new MexError(`--format ${format} was given for a stretch of time, which has no report`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'Take table or json, or name a run.',
  });
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
