/** Case B5, isolation: the load of shard b rises half-way. By hand: `k6 run k6/test-asr2-b5-isolation.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('b5');
