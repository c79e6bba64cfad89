/** Case B6, burst, 30 minutes. By hand: `k6 run k6/test-asr2-b6-burst.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('b6');
