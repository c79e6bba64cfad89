/** `npm run bench [name]`: runs the benchmarks, each with a table on stdout and a JSON file in `bench/out/`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchCore } from './core/core.ts';
import { benchGrowth } from './core/growth.ts';
import { benchGateway } from './gateway.ts';
import { benchHttp } from './http/http.ts';
import { benchMetrics } from './metrics.ts';
import { benchOutage } from './outage.ts';
import { benchProfile } from './profile.ts';
import { benchRecovery } from './recovery.ts';
import { benchSeed } from './seed.ts';
import { benchStartup } from './startup.ts';

export interface BenchResult {
  /** What was compared with what, and under which conditions. */
  conditions: string;
  /** What was to be reached, and in brackets what beyond. */
  goals?: string;
  /** What the figures do not tell. */
  leavesOut: string;
  rows: Record<string, string | number>[];
}

export interface BenchFile extends BenchResult {
  at: string;
  machine: { cpu: string | undefined; cores: number; node: string };
}

const BENCHES: Record<string, () => Promise<BenchResult>> = {
  core: benchCore,
  growth: benchGrowth,
  seed: benchSeed,
  http: benchHttp,
  profile: benchProfile,
  gateway: benchGateway,
  recovery: benchRecovery,
  metrics: benchMetrics,
  startup: benchStartup,
  outage: benchOutage,
};

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
    if (result.goals !== undefined) process.stdout.write(`goals: ${result.goals}\n`);
    console.table(result.rows);
    process.stdout.write(`left out: ${result.leavesOut}\n`);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
    const file: BenchFile = { at: new Date().toISOString().slice(0, 10), machine, ...result };
    mkdirSync(new URL('out/', import.meta.url), { recursive: true });
    writeFileSync(new URL(`out/${name}.json`, import.meta.url), `${JSON.stringify(file, null, 1)}\n`);
  }
}
