import { ExperimentCommand, targetFlag } from '../cli/experiment-command.ts';
import { palette } from '../cli/palette.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

export default class Smoke extends ExperimentCommand {
  static override summary = 'check the wiring of what is deployed, end to end';
  static override description =
    'One line a check; exit code 3 if one fails. Puts one pair of orders that match into each shard.';
  static override flags = targetFlag;
  static override examples = [{ description: 'after a deploy', command: '<%= config.bin %> smoke' }];

  async run(): Promise<unknown> {
    await this.parse(Smoke);
    const { source, target, now } = await this.localStage('embedded');
    const deployment = await target.current();
    if (deployment === undefined) {
      throw new MexError('Nothing is deployed', {
        code: 'NOT_DEPLOYED',
        exit: EXIT.environment,
        suggestion: 'Run: mex deploy single',
      });
    }
    const { smoke } = await import('../runner/smoke.ts');
    const idPrefix = `smoke-${now().toString(36)}`;
    const checks = await smoke({
      deployment,
      source: await source(deployment),
      idPrefix,
      mayReset: false,
      now,
      signal: this.signal,
    });
    const { good, bad, faint } = palette();
    for (const { name, ok, found, skipped } of checks) {
      const mark = skipped ? faint('·') : ok ? good('✓') : bad('✗');
      this.log(`${mark} ${name}  ${faint(found)}`);
    }
    const failed = checks.filter(({ ok }) => !ok).length;
    process.exitCode = failed === 0 ? EXIT.ok : EXIT.criterionFailed;
    return { ok: failed === 0, checks };
  }
}
