import { Flags } from '@oclif/core';
import { ExperimentCommand } from '../cli/experiment-command.ts';
import { palette } from '../cli/palette.ts';
import { runSmoke, smokeSource } from '../cli/run-smoke.ts';
import { selectStage } from '../cli/select-stage.ts';
import { targetFlag } from '../cli/target-flags.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { Stage } from '../runner/run-phase.ts';
import type { SmokeCheck } from '../runner/smoke-checks.ts';
import type { TargetName } from '../targets/select-target.ts';

export default class Smoke extends ExperimentCommand {
  static override summary = 'check the wiring of what is deployed, end to end';
  static override description =
    'One line a check; exit code 3 if one fails. Puts one pair of orders that match into each shard, and looks for its ' +
    'events in the topics.';
  static override flags = {
    ...targetFlag,
    grafana: Flags.string({ description: 'Grafana that must be there, with its dashboard', helpValue: 'URL' }),
  };
  static override examples = [
    { description: 'after a deploy', command: '<%= config.bin %> smoke' },
    { description: 'of what is deployed in the cluster', command: '<%= config.bin %> smoke --target k8s' },
    { description: 'Grafana too', command: '<%= config.bin %> smoke --grafana http://127.0.0.1:3000' },
  ];

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Smoke);
    const grafanaUrl = flags.grafana === undefined ? undefined : webAddress(flags.grafana);
    const stage = await selectStage(flags.target, { uses: ['orders', 'metrics', 'prometheus', 'broker'] });
    const checks = await this.#checks(stage, grafanaUrl).finally(() => stage.target.close());
    const { good, bad, faint } = palette();
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const { name, ok, found, skipped } of checks) {
      const mark = skipped ? faint('·') : ok ? good('✓') : bad('✗');
      this.log(`${mark} ${name.padEnd(width)}  ${faint(found)}`);
    }
    const ok = checks.every((check) => check.ok);
    process.exitCode = ok ? EXIT.ok : EXIT.criterionFailed;
    return { ok, checks };
  }

  async #checks(stage: Stage, grafanaUrl: string | undefined): Promise<SmokeCheck[]> {
    const { target, now } = stage;
    try {
      const deployment = await target.current();
      if (deployment === undefined) throw nothingDeployed(target.name);
      return await runSmoke({
        deployment,
        source: await smokeSource(stage, deployment),
        mayReset: false,
        ...(grafanaUrl !== undefined && { grafanaUrl }),
        now,
        signal: this.signal,
      });
    } catch (thrown) {
      // Without its collector a deployment cannot be described: that is this check's finding, and the rest is not known.
      if (!(thrown instanceof MexError) || thrown.code !== 'TARGET_BROKEN') throw thrown;
      return [{ name: 'collector: runs', ok: false, found: `${thrown.message}. ${thrown.suggestion ?? ''}` }];
    }
  }
}

function nothingDeployed(target: TargetName): MexError {
  return new MexError('Nothing is deployed', {
    code: 'NOT_DEPLOYED',
    exit: EXIT.environment,
    suggestion: `Run: mex deploy single${target === 'k8s' ? ' --target k8s' : ''}`,
  });
}

/** @throws MexError for what `fetch` would not take; a password in it is not repeated */
function webAddress(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return text;
  throw new MexError('--grafana: expected http://host:port or https://host, with no user and no password in it', {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'For example: --grafana http://127.0.0.1:3000',
  });
}
