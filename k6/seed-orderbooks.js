/**
 * Fills empty books by hand: `k6 run -e SEED_MODE=multi -e SEED_DEPTH=500 -e SEED_LEVELS=50 k6/seed-orderbooks.js`.
 * SEED_MODE `single` seeds shard a, `multi` all three through the gateway; where they are is told in lib/config.js.
 *
 * All of it is done in `setup`: what is thrown there ends k6 with 107, and in an iteration with 0.
 */
import { SEED } from '../src/experiment/cases.ts';
import { newRunId, numberOf, urlOf } from './lib/config.js';
import { seedBooks } from './lib/seedHelper.js';

const MODES = {
  single: { shards: ['a'], url: urlOf('shard') },
  multi: { shards: ['a', 'b', 'c'], url: urlOf('gateway') },
};

export const options = { iterations: 1, vus: 1, setupTimeout: '2m' };

export function setup() {
  const mode = __ENV.SEED_MODE || 'single';
  if (mode !== 'single' && mode !== 'multi') throw new Error(`SEED_MODE=${mode}: allowed is single or multi`);
  const { shards, url } = MODES[mode];
  const shape = {
    ordersPerSymbol: numberOf('SEED_DEPTH', SEED.ordersPerSymbol, isCount),
    levels: numberOf('SEED_LEVELS', SEED.levels, isCount),
  };
  const phase = { name: 'seed', flows: [{ name: 'none', shards, stages: [] }], seed: shape };
  const idPrefix = `seed-${newRunId()}`;
  seedBooks({ phase: /** @type {any} */ (phase), ordersUrl: url, idPrefix, resetUrls: {} });
}

const isCount = {
  test: (/** @type {number} */ value) => Number.isInteger(value) && value > 0,
  words: 'a whole number above 0',
};

export default function nothingLeftToDo() {}
