/**
 * A Prometheus beside the servers, with a data folder and a port of its own and its remote-write receiver on, and the
 * file by which any Prometheus finds the servers: `.mex/prometheus/targets.json`.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
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

/** It takes up to 5 s until it has read the file, and a second more until it has scraped. */
const SCRAPED_MS_MAX = 15_000;
const LOOK_EVERY_MS = 100;
const ANSWER_MS_MAX = 5_000;

/** Resolves once every server, and none that is gone, is scraped. @throws MexError `TARGET_DOWN` */
export async function waitUntilScraped(
  prometheus: Endpoint,
  servers: readonly Endpoint[],
  signal: AbortSignal,
): Promise<void> {
  const limitMs = performance.now() + SCRAPED_MS_MAX;
  const wanted = servers.map(({ metricsUrl }) => new URL(metricsUrl).host).sort();
  for (;;) {
    const up = await scrapedBy(prometheus.url, signal);
    if (up.length === wanted.length && up.every((host, index) => host === wanted[index])) return;
    if (performance.now() > limitMs) {
      throw new MexError(`Prometheus scrapes ${up.join(', ') || 'nothing'}, and should ${wanted.join(', ')}`, {
        code: 'TARGET_DOWN',
        exit: EXIT.environment,
        suggestion: `See: curl ${prometheus.url}/api/v1/targets`,
      });
    }
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** `host:port` of each target, those that are down with that word. */
async function scrapedBy(url: string, signal: AbortSignal): Promise<string[]> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
  const answer = await fetch(`${url}/api/v1/targets?state=active`, { signal: bounded }).catch(() => undefined);
  signal.throwIfAborted();
  const { data } = ((await answer?.json().catch(() => undefined)) ?? {}) as {
    data?: { activeTargets?: { health: string; labels: { instance: string } }[] };
  };
  const targets = data?.activeTargets ?? [];
  return targets
    .map(({ health, labels }) => (health === 'up' ? labels.instance : `${labels.instance} (${health})`))
    .sort();
}

const targetsFile = (folder: string): string => join(folder, 'prometheus', 'targets.json');
