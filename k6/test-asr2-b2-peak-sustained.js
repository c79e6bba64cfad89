/** Case B2, peak, three shards. By hand: `k6 run k6/test-asr2-b2-peak-sustained.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('b2');
