import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { type Check, isMissing, type TargetName } from '../doctor/check.ts';
import { EXIT } from '../errors/exit-codes.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'check that this machine has what the experiment needs';
  static override description =
    'Exit 5 if something needed is missing. With the local target the tools of k8s are listed, and never fail it. For k8s ' +
    'what the cluster of this folder does without is not needed: Helm with --observability plain, k3d with --context.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --target k8s',
    '<%= config.bin %> <%= command.id %> --target k8s --fix',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    target: Flags.custom<TargetName>({ options: ['local', 'k8s'] })({
      description: 'where the experiment is to run',
      default: 'local',
    }),
    fix: Flags.boolean({
      description:
        'create the results folder, and list the commands that put the rest right; installs and starts nothing itself, ' +
        'since that takes rights that mex should not have',
    }),
  };

  async run(): Promise<{ checks: Check[] }> {
    const { flags } = await this.parse(Doctor);
    const { target, fix } = flags;
    const [{ runDoctor }, { sparedTools }, { describeChecks, describeRepairs }, { default: chalk }] = await Promise.all(
      [
        import('../doctor/run-doctor.ts'),
        import('../cli/spared-tools.ts'),
        import('../doctor/describe-checks.ts'),
        import('chalk'),
      ],
    );
    const spared = target === 'k8s' ? await sparedTools(resolve('.mex')) : {};
    const checks = await runDoctor({ target, fix, spared, signal: this.signal });
    for (const line of describeChecks(checks, { good: chalk.green, bad: chalk.red, quiet: chalk.dim })) this.log(line);
    if (fix) for (const line of describeRepairs(checks)) this.log(line);
    if (checks.some(isMissing)) process.exitCode = EXIT.environment;
    return { checks };
  }
}
