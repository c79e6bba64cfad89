/** Case B1, baseline, one shard through the gateway. By hand: `k6 run k6/test-asr2-b1-baseline.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('b1');
