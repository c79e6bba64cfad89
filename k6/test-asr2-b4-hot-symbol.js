/** Case B4, hot symbol. By hand: `k6 run k6/test-asr2-b4-hot-symbol.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('b4');
