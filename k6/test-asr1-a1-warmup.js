/** Case A1, warm-up, discarded. By hand: `k6 run k6/test-asr1-a1-warmup.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('a1');
