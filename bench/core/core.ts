/**
 * The matching core alone, on one thread, against two order books from npm, on three mixes of commands. Rounds are
 * interleaved, each in a process of its own; a figure counts only where the books end the same. Left out: log, HTTP,
 * metrics. The books keep different things: mex also remembers finished orders for repeats, and writes down every effect.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BenchResult } from '../run.ts';
import { medianWithRange } from '../statistics.ts';
import { BOOKS } from './books.ts';
import { MIXES, type MixName } from './mixes.ts';
import type { MixResult } from './run-mix.ts';

/** The other books take some seconds for so many. */
const COMMANDS: Readonly<Record<MixName, number>> = { buys: 1_000_000, moves: 200_000, cancels: 400_000 };
const ROUNDS = 5;
const REFERENCE = 'nodejs-order-book';
/** exchange-core 0.5.3, its direct order book alone with integer ids, same mixes, measured on a machine of this kind. */
const EXCHANGE_CORE_PER_SECOND: Readonly<Record<MixName, number>> = { buys: 7.0e6, moves: 8.2e6, cancels: 9.4e6 };

export async function benchCore(): Promise<BenchResult> {
  const rows: BenchResult['rows'] = [];
  for (const mix of Object.keys(MIXES) as MixName[]) {
    const results: Record<string, MixResult[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of Object.keys(BOOKS)) results[name] = [...(results[name] ?? []), runMix(name, mix, round)];
    }
    const reference = results[REFERENCE] ?? [];
    for (const [name, rounds] of Object.entries(results)) {
      const ratios = rounds.map(({ perSecond }, round) => perSecond / (reference[round]?.perSecond ?? Number.NaN));
      const isSame = rounds.every(({ levels }, round) => levels === reference[round]?.levels);
      const rates = rounds.map(({ perSecond }) => perSecond / 1e6);
      rows.push({
        mix: MIXES[mix],
        book: name,
        'M commands/s': medianWithRange(rates),
        [`× ${REFERENCE}`]: medianWithRange(ratios, 1),
        '× exchange-core':
          name === 'mex, by handle'
            ? medianWithRange(rates.map((rate) => (rate * 1e6) / EXCHANGE_CORE_PER_SECOND[mix]))
            : '',
        'p99.9 µs': medianWithRange(
          rounds.map(({ p999Us }) => p999Us),
          1,
        ),
        'same book': isSame ? 'yes' : 'NO',
      });
    }
  }
  return {
    conditions: `a million commands (200,000 of the moves, 400,000 of the cancels) with 36-character ids, ${ROUNDS} interleaved rounds, a process each, after one warm-up run; every run has ids of its own; mex takes 32 commands at a time, as they wait in its ring, and single ones where single ones are timed, in a third run, with about 0.05 µs of the clock in each`,
    goals:
      'against nodejs-order-book ≥ 10 × (stretch 20 ×), ≥ 1.5 M/s (3 M/s); by handle against exchange-core ≥ 0.7 × (1.0 ×); p99.9 ≤ 10 µs (5 µs)',
    leavesOut:
      'log, HTTP, metrics. The books keep different things: mex also remembers finished orders, so that a repeated id is answered like the first time, and writes down every effect for answers and events',
    rows,
  };
}

function runMix(name: string, mix: MixName, round: number): MixResult {
  const argv = [join(import.meta.dirname, 'run-mix.ts'), name, mix, String(COMMANDS[mix]), String(round + 1)];
  return JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8', maxBuffer: 1e8 })) as MixResult;
}
