/** Measurements from the embedded collector, over its HTTP API. */
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { SCRAPE_INTERVAL_MS } from '../../protocol/metrics.ts';
import type {
  HistogramSeries,
  MetricsSource,
  Sample,
  Scrapes,
  Selector,
  SeriesKeeper,
  Window,
} from '../metrics-source.ts';
import { numberFromSpelled } from './dump-lines.ts';

/** The collector is on this machine, and answers from memory. */
const ANSWER_MS_MAX = 10_000;

export class CollectorSource implements MetricsSource, SeriesKeeper {
  readonly name = 'collector';
  readonly intervalMsMax = SCRAPE_INTERVAL_MS.local;
  readonly #url: string;

  /** @param url base URL of the collector, without a slash at the end. */
  constructor(url: string) {
    this.#url = url;
  }

  async scrapes(target: string, window: Window): Promise<Scrapes> {
    const { scrapes } = await this.#getJson<{ scrapes: { atMs: number; up: number }[] }>('/scrapes', window, {
      target,
    });
    const atMs = scrapes.filter(({ up }) => up === 1).map((one) => one.atMs);
    return { atMs, intervalMs: SCRAPE_INTERVAL_MS.local };
  }

  async samples(selector: Selector, window: Window): Promise<Sample[]> {
    type Answer = { samples: { atMs: number; value: number | string }[] };
    const { samples } = await this.#getJson<Answer>('/samples', window, paramsOf(selector));
    return samples.map(({ atMs, value }) => ({ atMs, value: numberFromSpelled(value) }));
  }

  async histogram(selector: Selector, window: Window): Promise<HistogramSeries> {
    const { bounds, samples } = await this.#getJson<HistogramSeries>('/histogram', window, paramsOf(selector));
    return { bounds, samples: samples.map((one) => ({ ...one, sum: numberFromSpelled(one.sum) })) };
  }

  async *dump(window: Window): AsyncIterable<string> {
    const response = await this.#get('/dump', window, {});
    let rest = '';
    for await (const piece of (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  async #getJson<T>(path: string, window: Window, params: Record<string, string>): Promise<T> {
    const response = await this.#get(path, window, params);
    return (await response.json()) as T;
  }

  async #get(path: string, { fromMs, toMs }: Window, params: Record<string, string>): Promise<Response> {
    const query = new URLSearchParams({ ...params, from: String(fromMs), to: String(toMs) });
    let response: Response;
    try {
      response = await fetch(`${this.#url}${path}?${query}`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    } catch (cause) {
      const why = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
      throw new MexError(`The collector at ${this.#url} does not answer: ${why}`, {
        code: 'COLLECTOR_DOWN',
        exit: EXIT.environment,
        suggestion: 'See its log, .mex/logs/collector.log.',
        cause,
      });
    }
    if (!response.ok) throw await refusalOf(response);
    return response;
  }
}

function paramsOf({ target, metric, labels = {} }: Selector): Record<string, string> {
  const narrowed = Object.entries(labels).map(([name, value]) => [`label.${name}`, value]);
  return { target, metric, ...Object.fromEntries(narrowed) };
}

async function refusalOf(response: Response): Promise<MexError> {
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { code: string; message: string } }
    | undefined;
  const { code, message } = body?.error ?? { code: 'COLLECTOR_ANSWER', message: `HTTP ${response.status}` };
  return new MexError(message, { code, exit: code === 'NO_DATA' ? EXIT.noVerdict : EXIT.bug });
}
