/** Asks a Grafana whether it is well and has the dashboard. Two bounded calls; nothing is changed, nobody logs in. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { DASHBOARD_UID } from './experiment-dashboard.ts';

export interface FoundDashboard {
  url: string;
  grafana: { version: string | null };
  /** Behind a login nobody can tell from outside. */
  dashboard: 'there' | 'behind a login';
}

export interface DashboardQuestion {
  grafana: URL;
  /** What to do where there is none, and where one lacks the dashboard. */
  hints: { start: string; add: string };
  signal: AbortSignal;
}

/** It answers both from memory; one that takes longer is not to be watched with either. */
const ANSWER_MS_MAX = 5_000;

/** @throws MexError exit 2 where the text is no address of a server. */
export function parseGrafanaUrl(text: string): URL {
  const url = URL.parse(text);
  // A password is not to be shown again, so neither is the text.
  if (url !== null && (url.username !== '' || url.password !== '')) throw wrongUrl('it must not hold a login');
  if (url === null || !/^https?:$/.test(url.protocol)) throw wrongUrl(`expected one of http or https, not ${text}`);
  return url;
}

/** @throws MexError exit 5 where there is no Grafana, or none that has the dashboard. */
export async function findDashboard({ grafana, hints, signal }: DashboardQuestion): Promise<FoundDashboard> {
  const { origin } = grafana;
  const ask = (path: string, failed: string) =>
    get(below(grafana, path), signal).catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw notFound(`${failed} ${origin}: ${reasonOf(thrown)}`, hints.start, thrown);
    });

  const health = await ask('api/health', 'No Grafana answers at');
  const { database, version } = health.body;
  if (typeof database !== 'string') throw notFound(`What answers at ${origin} is no Grafana`, ANOTHER_ADDRESS);
  if (health.status !== 200 || database !== 'ok') {
    const found = `it answered ${health.status}, its database: ${database}`;
    throw notFound(`Grafana at ${origin} is not well: ${found}`, 'Look into its log.');
  }

  const found = {
    url: below(grafana, `d/${DASHBOARD_UID}`).href,
    grafana: { version: typeof version === 'string' && version !== '' ? version : null },
  };
  const answer = await ask(`api/dashboards/uid/${DASHBOARD_UID}`, 'No dashboard is told of by Grafana at');
  if (answer.status === 401 || answer.status === 403) return { ...found, dashboard: 'behind a login' };
  if (answer.status === 200 && isObject(answer.body.dashboard)) return { ...found, dashboard: 'there' };
  if (answer.status === 404) throw notFound(`Grafana at ${origin} has no dashboard ${DASHBOARD_UID}`, hints.add);
  throw notFound(
    `Grafana at ${origin} answered ${answer.status} when asked for ${DASHBOARD_UID}`,
    'Look into its log.',
  );
}

const ANOTHER_ADDRESS = 'Name the address of one: mex dashboard --grafana http://127.0.0.1:3001';

function wrongUrl(found: string): MexError {
  return new MexError(`Address of Grafana: ${found}`, {
    code: 'GRAFANA_URL',
    exit: EXIT.usage,
    suggestion: 'Like this: mex dashboard --grafana http://127.0.0.1:3000',
  });
}

function notFound(message: string, suggestion: string, cause?: unknown): MexError {
  return new MexError(message, { code: 'NO_DASHBOARD', exit: EXIT.environment, suggestion, cause });
}

async function get(url: URL, signal: AbortSignal): Promise<{ status: number; body: Record<string, unknown> }> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
  const response = await fetch(url, { headers: { accept: 'application/json' }, signal: limit });
  const text = await response.text();
  return { status: response.status, body: objectIn(text) };
}

/** A Grafana may live below a path. */
function below(grafana: URL, path: string): URL {
  const base = new URL(grafana);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return new URL(path, base);
}

/** Empty where it is none. */
function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown);
}
