/** `mex seed single|multi`: fills the books of what is deployed, by hand. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type Phase, SEED } from '../experiment/cases.ts';
import { SHAPE_SHARDS, type Shape } from '../protocol/shards.ts';
import type { Stage } from '../runner/run-phase.ts';
import type { TargetName } from '../targets/select-target.ts';
import { ExperimentCommand, seedFlag } from './experiment-command.ts';
import { selectStage } from './select-stage.ts';
import { targetFlag } from './target-flags.ts';

export const seedFlags = {
  ...targetFlag,
  ...seedFlag,
  depth: Flags.integer({ description: 'asks on each symbol', default: SEED.ordersPerSymbol, min: 1, max: 100_000 }),
  levels: Flags.integer({
    description: 'price levels that they are spread over',
    default: SEED.levels,
    min: 1,
    max: 10_000,
  }),
};

export interface SeedOptions {
  target: TargetName;
  depth: number;
  levels: number;
  seed: number;
}

export abstract class SeedCommand extends ExperimentCommand {
  protected async seedBooks(shape: Shape, options: SeedOptions): Promise<unknown> {
    const stage = await selectStage(options.target, { uses: ['orders'] });
    try {
      return await this.#seedOn(stage, shape, options);
    } finally {
      await stage.target.close();
    }
  }

  async #seedOn({ driver, target, now }: Stage, shape: Shape, options: SeedOptions): Promise<unknown> {
    const deployment = await target.current();
    const shards = SHAPE_SHARDS[shape];
    const missing = shards.filter((shard) => deployment?.shards[shard] === undefined);
    if (deployment === undefined || missing.length > 0) {
      throw new MexError(`Not deployed: shard ${missing.join(', ')}`, {
        code: 'NOT_DEPLOYED',
        exit: EXIT.environment,
        suggestion: `Run: mex deploy ${shape}${options.target === 'k8s' ? ' --target k8s' : ''}`,
      });
    }
    const phase: Phase = {
      name: 'seed',
      flows: [{ name: 'none', shards, stages: [] }],
      seed: { ordersPerSymbol: options.depth, levels: options.levels },
    };
    const seedUrls = Object.fromEntries(
      shards.map((shard) => [shard, `${deployment.shards[shard]?.url}/seed/${shard}`]),
    );
    const idPrefix = `seed-${now().toString(36)}`;
    const plan = {
      idPrefix,
      phase,
      k6Script: '',
      seed: options.seed,
      vusMax: 1,
      ordersUrl: '',
      ...(deployment.adminToken !== undefined && { adminToken: deployment.adminToken }),
      seedUrls,
      rawFlows: [],
    };
    await this.step(`seed ${shards.join(', ')}`, () => driver.seed(plan, this.signal));
    this.log(`${options.depth} asks on ${options.levels} levels, on each symbol of shard ${shards.join(', ')}`);
    return { shards, depth: options.depth, levels: options.levels };
  }
}
