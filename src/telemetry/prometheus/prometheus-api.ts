/**
 * Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/), as much as a verdict needs: raw
 * samples, the configured interval, what it is. An answer with a warning may be a part of the truth, and is an error.
 */
import { parse } from 'yaml';
import { z } from 'zod';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';

/** A raw series: its labels with `__name__`, and `[epoch seconds, value as text]` a sample, ascending. */
export interface RawSeries {
  metric: Readonly<Record<string, string>>;
  values: readonly (readonly [number, string])[];
}

/** Reading 30 minutes of a fine histogram takes a second or two on a small machine. */
const ANSWER_MS_MAX = 30_000;

const matrix = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])).default([]),
      }),
    ),
  }),
});
const scalar = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), z.string()]) }),
});
const buildInfo = z.object({ status: z.literal('success'), data: z.object({ version: z.string() }) });
const configAnswer = z.object({ status: z.literal('success'), data: z.object({ yaml: z.string() }) });
const configFile = z.object({
  global: z.object({ scrape_interval: z.string().default('1m') }).default({ scrape_interval: '1m' }),
  scrape_configs: z.array(z.object({ job_name: z.string(), scrape_interval: z.string().optional() })).nullish(),
});

export class PrometheusApi {
  readonly url: string;

  /** @param url base URL, with a path where it lies behind one, without a slash at the end. */
  constructor(url: string) {
    this.url = url.replace(/\/+$/, '');
  }

  /** Every sample of the matching series within `(toMs − rangeMs, toMs]`, with the times of their scrapes. */
  async rawSamples(selector: string, { toMs, rangeMs }: { toMs: number; rangeMs: number }): Promise<RawSeries[]> {
    const query = `${selector}[${Math.ceil(rangeMs)}ms]`;
    const body = new URLSearchParams({ query, time: (toMs / 1_000).toFixed(3) });
    const { warnings, data } = await this.#ask('/api/v1/query', matrix, { method: 'POST', body });
    if (warnings === undefined || warnings.length === 0) return data.result;
    throw this.#failed(`answers ${query} with a warning: ${warnings.join('; ')}`, 'PROMETHEUS_WARNING');
  }

  /** Its own clock, epoch milliseconds. */
  async timeMs(): Promise<number> {
    const { data } = await this.#ask('/api/v1/query?query=time()', scalar);
    return Number(data.result[1]) * 1_000;
  }

  /** Without what a distribution adds to it. */
  async version(): Promise<string> {
    const { version } = (await this.#ask('/api/v1/status/buildinfo', buildInfo)).data;
    return version.replace(/\+.*/, '');
  }

  /** Configured time between two scrapes, by job; `undefined` stands for any other job. */
  async scrapeIntervalsMs(): Promise<Map<string | undefined, number>> {
    const { data } = await this.#ask('/api/v1/status/config', configAnswer);
    const { global, scrape_configs } = configFile.parse(parse(data.yaml));
    const jobs = (scrape_configs ?? []).map(
      ({ job_name, scrape_interval = global.scrape_interval }) => [job_name, durationMs(scrape_interval)] as const,
    );
    return new Map<string | undefined, number>([[undefined, durationMs(global.scrape_interval)], ...jobs]);
  }

  async #ask<T>(path: string, answer: z.ZodType<T>, request: RequestInit = {}): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.url}${path}`, { ...request, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      text = await response.text();
    } catch (cause) {
      const why = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
      throw this.#failed(`does not answer: ${why}`, 'PROMETHEUS_DOWN', cause);
    }
    const found = answer.safeParse(jsonOf(text));
    if (found.success) return found.data;
    const { error = text.slice(0, SHOWN_CHARS) } = Object(jsonOf(text)) as { error?: string };
    throw this.#failed(`answers ${path} with HTTP ${response.status}: ${messageOf(error)}`, 'PROMETHEUS_ANSWER');
  }

  #failed(what: string, code: string, cause?: unknown): MexError {
    const suggestion = `Is it a Prometheus? See: curl ${this.url}/-/ready`;
    return new MexError(`Prometheus at ${this.url} ${what}`, { code, exit: EXIT.environment, suggestion, cause });
  }
}

const SHOWN_CHARS = 200;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `1m30s` and the like, as Prometheus writes them. */
export function durationMs(text: string): number {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) throw new RangeError(`"${text}" is no duration of Prometheus, such as 5s`);
  const parts = text.matchAll(/(\d+)(ms|[smhdwy])/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? 0), 0);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
