/** Case A4, broker paused. By hand: `k6 run k6/test-asr1-a4-kafka-degradation.js`; where the orders go is told in lib/config.js. */
import { runCase } from './lib/run-case.js';

export const { options, setup, prepare, orders, replenish, handleSummary } = runCase('a4');
