/** The collector's environment, checked whole: every problem at once, a line each. */
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { SCRAPE_INTERVAL_MS } from '../../protocol/metrics.ts';

export interface CollectorConfig {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** URL of each process's metrics, by name. */
  targets: Record<string, string>;
  intervalMs: number;
}

const TARGET_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
const DEFAULT_PORT = 9090;
const PORT_MAX = 65_535;

/** @throws MexError, exit 64. */
export function readCollectorConfig(env: NodeJS.ProcessEnv): CollectorConfig {
  const problems: string[] = [];
  const portText = env.HTTP_PORT ?? String(DEFAULT_PORT);
  const port = /^\d+$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port <= PORT_MAX)) problems.push(`HTTP_PORT is "${portText}": allowed is 0 to ${PORT_MAX}`);
  const targets: Record<string, string> = {};
  for (const entry of (env.COLLECTOR_TARGETS ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [name = '', url = ''] = entry.trim().split(/=(.*)/s);
    const problem = targetProblem(name, url) ?? (name in targets ? 'the name stands twice' : undefined);
    if (problem !== undefined) problems.push(`COLLECTOR_TARGETS has "${entry.trim()}": ${problem}`);
    targets[name] = url;
  }
  if (problems.length > 0) {
    throw new MexError(problems.join('\n'), { code: 'BAD_CONFIG', exit: SERVER_EXIT.config });
  }
  return { host: env.HTTP_HOST ?? '127.0.0.1', port, targets, intervalMs: SCRAPE_INTERVAL_MS.local };
}

/** What is wrong with a target, or undefined. */
export function targetProblem(name: string, url: unknown): string | undefined {
  if (!TARGET_NAME.test(name)) return 'a name is lower-case letters, digits and -, e.g. engine-a=http://…';
  if (typeof url !== 'string' || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    return 'a target needs an http URL, e.g. engine-a=http://127.0.0.1:9091/metrics';
  }
  return undefined;
}
