/**
 * How long until something is there: `mex --help` against a program of oclif with one command, and an engine that is ready;
 * and what an engine at rest takes of the machine. Left out: a cold disk cache.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchResult } from './run.ts';
import { startEngine, withFolder } from './servers.ts';
import { medianWithRange } from './statistics.ts';

const ROUNDS = 9;
const REST_ROUNDS = 3;
const REST_SECONDS = 10;
const ROOT = join(import.meta.dirname, '..');
/** Of a Linux kernel: what `/proc/PID/stat` counts time in. */
const TICKS_PER_SECOND = 100;

export async function benchStartup(): Promise<BenchResult> {
  return await withFolder(async (folder) => {
    const bare = bareProgram(folder);
    const help = { mex: [] as number[], bare: [] as number[] };
    const ready: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      help.mex.push(helpMs(join(ROOT, 'bin/run.js')));
      help.bare.push(helpMs(bare));
      ready.push(await withFolder(readyMs));
    }
    const rest: { cpuPercent: number; pssMb: number }[] = [];
    for (let round = 0; round < REST_ROUNDS; round++) rest.push(await withFolder(atRest));
    const ratios = help.mex.map((ms, round) => ms / (help.bare[round] ?? Number.NaN));
    return {
      conditions: `${ROUNDS} interleaved rounds; at rest: ${REST_ROUNDS} engines, ${REST_SECONDS} s each, empty books`,
      goals:
        '--help ≤ 1.15 × a bare oclif program (1.05 ×); ready ≤ 600 ms (350 ms); at rest ≤ 1 % of a core (0.3 %), ≤ 120 MB (80 MB)',
      leavesOut: 'a cold disk cache',
      rows: [
        { what: 'mex --help, ms', figure: medianWithRange(help.mex, 0) },
        { what: 'bare oclif --help, ms', figure: medianWithRange(help.bare, 0) },
        { what: 'mex × bare', figure: medianWithRange(ratios) },
        { what: 'engine ready, ms', figure: medianWithRange(ready, 0) },
        { what: 'engine at rest, % of a core', figure: medianWithRange(rest.map(({ cpuPercent }) => cpuPercent)) },
        {
          what: 'engine at rest, MB (PSS)',
          figure: medianWithRange(
            rest.map(({ pssMb }) => pssMb),
            0,
          ),
        },
      ],
    };
  });
}

function helpMs(program: string): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [program, '--help'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} --help ended with ${status}`);
  return performance.now() - started;
}

async function readyMs(folder: string): Promise<number> {
  const engine = await startEngine(folder);
  await engine.stop();
  return engine.readyMs;
}

async function atRest(folder: string): Promise<{ cpuPercent: number; pssMb: number }> {
  const engine = await startEngine(folder);
  const proc = `/proc/${engine.child.pid}`;
  const cpuSeconds = (): number => {
    const fields = readFileSync(`${proc}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  };
  await sleep(2_000);
  const before = cpuSeconds();
  await sleep(REST_SECONDS * 1_000);
  const cpuPercent = ((cpuSeconds() - before) / REST_SECONDS) * 100;
  const pssKb = Number(/^Pss: +(\d+)/m.exec(readFileSync(`${proc}/smaps_rollup`, 'utf8'))?.[1]);
  await engine.stop();
  return { cpuPercent, pssMb: (pssKb * 1024) / 1e6 };
}

/** The least that a program of oclif is. */
function bareProgram(folder: string): string {
  const oclif = { bin: 'bare', dirname: 'bare', commands: './commands', topicSeparator: ' ' };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bare', version: '1.0.0', type: 'module', oclif }),
  );
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'commands'));
  const command = `import { Command } from '@oclif/core';
    export default class Hello extends Command { static summary = 'say hello'; async run() { this.log('hello'); } }`;
  writeFileSync(join(folder, 'commands/hello.js'), command);
  const program = join(folder, 'run.js');
  writeFileSync(program, `import { execute } from '@oclif/core'; await execute({ dir: import.meta.url });`);
  return program;
}
