/**
 * A Prometheus beside the servers, with a data folder and a port of its own and its remote-write receiver on, and the
 * file by which any Prometheus finds the servers: `.mex/prometheus/targets.json`.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileTarget, prometheusConfig } from '../prometheus-config.ts';
import type { Endpoint } from '../target.ts';
import type { ReadyPorts } from './start-process.ts';

const RULES = fileURLToPath(new URL('../../../manifests/prometheus/recording-rules.yml', import.meta.url));
/** Longer than the longest case with all that comes before it. */
const RETENTION = '1d';

/** Whole or not at all: Prometheus reads it as soon as it changes. */
export async function writeTargets(folder: string, servers: readonly Endpoint[]): Promise<void> {
  await mkdir(join(folder, 'prometheus'), { recursive: true });
  const file = targetsFile(folder);
  await writeFile(`${file}.tmp`, `${JSON.stringify(servers.map(fileTarget), null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

/** Writes its configuration, and tells how it is started. */
export async function prometheusCommand(program: string, folder: string): Promise<[string, ...string[]]> {
  const config = join(folder, 'prometheus', 'prometheus.yml');
  const settings = prometheusConfig({ kind: 'local', targetsFile: targetsFile(folder) }, RULES);
  await writeFile(config, `${JSON.stringify(settings, null, 2)}\n`);
  return [
    program,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'prometheus', 'data')}`,
    `--storage.tsdb.retention.time=${RETENTION}`,
    '--web.listen-address=127.0.0.1:0',
    '--web.enable-remote-write-receiver',
  ];
}

/** Versions 2 and 3 tell the address that they got, and then that they are ready. */
export function prometheusPortsIn(output: string): ReadyPorts | undefined {
  const port = Number(/msg="Listening on".*?address=127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
  if (!(port > 0) || !output.includes('Server is ready to receive web requests')) return undefined;
  return { httpPort: port, metricsPort: port };
}

const targetsFile = (folder: string): string => join(folder, 'prometheus', 'targets.json');
