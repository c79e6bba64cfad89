/** Writes `docs/performance.md` from what the benchmarks left in `bench/out/`: `node bench/report.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchFile } from './run.ts';

const TITLES: readonly [string, string][] = [
  ['core', 'The matching core'],
  ['growth', 'Growth'],
  ['seed', 'A million orders over HTTP'],
  ['http', 'The engine over HTTP'],
  ['profile', 'Where the engine’s time goes'],
  ['gateway', 'The gateway'],
  ['recovery', 'Recovery'],
  ['metrics', 'Metrics'],
  ['startup', 'Starting, and resting'],
  ['outage', 'A broker that is away'],
];

const docs = join(import.meta.dirname, '../docs');
const preface = readFileSync(join(docs, 'performance-preface.md'), 'utf8');
const sections = TITLES.map(([name, title]) => {
  const { machine, at, conditions, goals, leavesOut, rows } = JSON.parse(
    readFileSync(new URL(`out/${name}.json`, import.meta.url), 'utf8'),
  ) as BenchFile;
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    `\`npm run bench ${name}\`. ${conditions}.`,
    ...(goals === undefined ? [] : [`Goals, and in brackets what lies beyond: ${goals}.`]),
    [
      line(columns),
      line(columns.map(() => '---')),
      ...rows.map((row) => line(columns.map((name) => row[name] ?? ''))),
    ].join('\n'),
    `Left out: ${leavesOut}.`,
    `<sub>${at}, ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}</sub>`,
  ].join('\n\n');
});
writeFileSync(join(docs, 'performance.md'), `${[preface.trim(), ...sections].join('\n\n')}\n`);
