/**
 * Where the engine's time goes under a closed loop of 64 connections, durable: V8's sampling profiler in the engine itself,
 * samples by the function that was running, and by the part of the engine it belongs to. Left out: the threads that write
 * to the disk; time in the kernel counts for the function that called it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedLoop } from './http/load.ts';
import type { BenchResult } from './run.ts';
import { startEngine, withFolder } from './servers.ts';

const CONNECTIONS = 64;
const SECONDS = 10;
const FUNCTIONS = 14;

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

export async function benchProfile(): Promise<BenchResult> {
  return await withFolder(async (folder) => {
    const engine = await startEngine(join(folder, 'wal'), ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
    const { perSecond } = await closedLoop(engine.port, CONNECTIONS, SECONDS);
    await engine.stop();
    const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
    const profiles = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile);
    // A follower's thread has a profile of its own: the engine's is the longest.
    const profile = profiles.sort((left, right) => right.samples.length - left.samples.length)[0];
    if (profile === undefined) throw new Error('the engine left no profile');
    return {
      conditions: `${CONNECTIONS} connections for ${SECONDS} s, ${Math.round(perSecond)} orders/s while profiled; share of the time the main thread was not idle`,
      leavesOut: 'the threads that write to the disk; time in the kernel counts for the function that called it',
      rows: [...shares(profile, partOf, 'part', 20), ...shares(profile, nameOf, 'function', FUNCTIONS)],
    };
  });
}

type Frame = Profile['nodes'][number]['callFrame'];

function shares(profile: Profile, keyOf: (frame: Frame) => string, by: string, count: number): BenchResult['rows'] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || ['(idle)', '(program)', '(root)'].includes(frame.functionName)) continue;
    const time = profile.timeDeltas[index] ?? 0;
    total += time;
    times.set(keyOf(frame), (times.get(keyOf(frame)) ?? 0) + time);
  }
  const sorted = [...times].sort(([, left], [, right]) => right - left).slice(0, count);
  return sorted.map(([name, time]) => ({ by, name, 'share %': ((time / total) * 100).toFixed(1) }));
}

function partOf({ functionName, url }: Frame): string {
  const [, folder] = /\/dist\/engine\/(?:(\w+)\/)?/.exec(url) ?? [];
  if (url.includes('/dist/engine/')) return folder === undefined ? 'hot path, ring records' : `engine ${folder}/`;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (/^write(v|Utf8String|Latin1String|Buffer)$/.test(functionName)) return 'socket writes (kernel)';
  if (url.startsWith('node:internal/fs') || functionName === 'writeBuffer') return 'node:fs';
  return url.startsWith('node:') ? 'node:http, streams, timers' : 'native';
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^.*\/dist\//, '').replace(/^node:/, 'node:');
  return `${functionName || '(anonymous)'} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`;
}
