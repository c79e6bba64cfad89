/** Prometheus itself, in both versions that mex is held against, where the kit that has them is there, or the PATH. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { freePort } from './free-port.ts';

const KIT = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin');
const READY_MS_MAX = 20_000;

export interface RealPrometheus {
  name: string;
  program: string;
  /** Why a test with it is skipped; undefined: it is there. */
  missing: string | undefined;
}

export const PROMETHEUS: readonly RealPrometheus[] = [find(2, ['prometheus']), find(3, ['prometheus3', 'prometheus'])];

/** One that ends with the test, its data in a temporary folder. It takes what is written to it from outside. */
export async function startPrometheus(
  { program }: RealPrometheus,
  config: object,
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<{ url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mex-prometheus-'));
  const configFile = join(folder, 'prometheus.yml');
  // JSON is YAML.
  await writeFile(configFile, JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    program,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-remote-write-receiver',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://${address}`;
  const isReady = async (): Promise<void> => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
    const { status } = await fetch(`${url}/-/ready`);
    if (status !== 200) throw new Error(`${program} is not ready: ${status}`);
  };
  await vi.waitFor(isReady, { timeout: READY_MS_MAX, interval: 50 });
  return { url };
}

function find(major: number, names: string[]): RealPrometheus {
  for (const program of names.flatMap((name) => [join(KIT, name), name]).filter(isNoMissingFile)) {
    const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    const [, version] = /version (\d+\.\d+\.\d+)/.exec(`${stdout}${stderr}`) ?? [];
    if (version?.startsWith(`${major}.`)) return { name: `Prometheus ${version}`, program, missing: undefined };
  }
  const missing = `there is no ${names.join(', no ')} of version ${major} in ${KIT} or on the PATH`;
  return { name: `Prometheus ${major}`, program: names[0] ?? '', missing };
}

function isNoMissingFile(program: string): boolean {
  return !program.includes('/') || existsSync(program);
}
