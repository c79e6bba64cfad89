import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { parseTimeScale, resultsFlag, runFlags, selectCases } from '../cli/experiment-command.ts';
import { chooseLoad } from '../cli/load-flags.ts';
import { RunCommand } from '../cli/run-command.ts';
import { runSmoke, smokeSource } from '../cli/run-smoke.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { Case } from '../experiment/cases.ts';
import type { Stage } from '../runner/run-phase.ts';
import type { TargetName } from '../targets/select-target.ts';
import type { Deployment } from '../targets/target.ts';

const QUICK_TIME_SCALE = '0.05';

export default class RunAll extends RunCommand {
  static override summary = 'the whole experiment: check, deploy, smoke, A1 to A4, redeploy, B1 to B5, verdicts';
  static override description =
    'Takes about an hour, with --quick about 7 minutes, and up to three times as long where the machine is noisy: case A4 is then measured again. Leaves a run in results/ and nothing running, also after Ctrl-C.';
  static override flags = {
    ...runFlags,
    ...resultsFlag,
    quick: Flags.boolean({
      description: `the same as --time-scale ${QUICK_TIME_SCALE}: indicative only`,
      exclusive: ['time-scale'],
    }),
    resume: Flags.string({
      description: 'go on with a run where it stopped, with the settings that it was started with',
      helpValue: 'RUN',
      exclusive: [
        'quick',
        'time-scale',
        'target',
        'driver',
        'load-from',
        'load-jobs',
        'metrics',
        'prometheus',
        'seed',
        'repeat',
      ],
    }),
  };
  static override examples = [
    { description: 'everything, to the letter', command: '<%= config.bin %> run-all' },
    { description: 'everything, shortened', command: '<%= config.bin %> run-all --quick' },
    { description: 'the same in the cluster of mex cluster up', command: '<%= config.bin %> run-all --target k8s' },
    { description: 'go on after an interruption', command: '<%= config.bin %> run-all --resume 20261122-231500-k3f9' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(RunAll);
    const { results, resume, target, seed, repeat = 'as needed' } = flags;
    const timeScale = parseTimeScale(flags.quick ? QUICK_TIME_SCALE : flags['time-scale']);
    const cases = [...selectCases('asr1'), ...selectCases('asr2')];
    const record = await this.runCases({
      question:
        resume === undefined
          ? { results, target, load: chooseLoad(target, flags), metrics: flags, seed, repeat, timeScale, cases }
          : { results, resume },
      broker: flags,
      undeployAlways: true,
      shapeFor: ({ needs }: Case) => needs,
      uses: ['orders', 'metrics', 'prometheus', 'broker'],
      before: (where) => this.step('doctor', () => this.#doctor(where)),
      afterDeploy: (deployment, stage) => this.#smoke(deployment, stage),
    });
    return this.conclude(record, this.folderOf(results, record.runId));
  }

  async #doctor(target: TargetName): Promise<void> {
    const [{ runDoctor }, { sparedTools }] = await Promise.all([
      import('../doctor/run-doctor.ts'),
      import('../cli/spared-tools.ts'),
    ]);
    const spared = target === 'k8s' ? await sparedTools(resolve('.mex')) : {};
    const missing = (await runDoctor({ target, spared, signal: this.signal })).filter(
      ({ needed, ok }) => needed && !ok,
    );
    if (missing.length === 0) return;
    const found = missing.map(({ name, found, wanted }) => `${name} ${found}, wanted ${wanted}`).join('; ');
    throw new MexError(`This machine cannot run the experiment: ${found}`, {
      code: 'DOCTOR',
      exit: EXIT.environment,
      suggestion: `Run: mex doctor${target === 'k8s' ? ' --target k8s' : ''}`,
    });
  }

  async #smoke(deployment: Deployment, stage: Stage): Promise<void> {
    const source = await smokeSource(stage, deployment);
    const context = { deployment, source, mayReset: true, now: stage.now, signal: this.signal };
    const failed = (await this.step('smoke', () => runSmoke(context))).filter(({ ok, skipped }) => !ok && !skipped);
    if (failed.length === 0) return;
    throw new MexError(failed.map(({ name, found }) => `Smoke check failed: ${name}: ${found}`).join('\n'), {
      code: 'SMOKE',
      exit: EXIT.criterionFailed,
      suggestion: 'Look into .mex/logs/',
    });
  }
}
