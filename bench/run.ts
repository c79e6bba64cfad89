/** `npm run bench [name]`: runs the benchmarks, each with a table on stdout and a JSON file in `bench/out/`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchCore } from './core.ts';
import { benchHttp } from './http.ts';

export interface BenchResult {
  /** What was compared with what, and under which conditions. */
  conditions: string;
  rows: Record<string, string | number>[];
}

const BENCHES: Record<string, () => Promise<BenchResult>> = { core: benchCore, http: benchHttp };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`No benchmark "${unknown.join('", "')}". There are: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
    const result = await BENCHES[name]?.();
    if (result === undefined) continue;
    process.stdout.write(`\n${name}: ${result.conditions}\n`);
    console.table(result.rows);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
    mkdirSync(new URL('out/', import.meta.url), { recursive: true });
    writeFileSync(new URL(`out/${name}.json`, import.meta.url), `${JSON.stringify({ machine, ...result }, null, 1)}\n`);
  }
}
