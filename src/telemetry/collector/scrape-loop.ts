/**
 * Scrapes one process on a schedule that does not drift: the n-th scrape is due at start + n × interval, whatever the
 * ones before took. One scrape in flight; a turn that was missed is skipped, never made up for. Every turn leaves a
 * record: what was read, or why it failed. The time of a sample is the moment just before the request went out.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { messageOf } from '../../errors/mex-error.ts';
import { parseExposition, SeriesMemory } from '../exposition-format.ts';
import type { TargetHistory } from './target-history.ts';

/** A scrape that takes longer than this share of the interval has failed: the next one is not to be held up. */
const TIMEOUT_SHARE = 0.8;
/** An engine's text is about 200 KB. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

export interface ScrapeLoopOptions {
  url: string;
  history: TargetHistory;
  intervalMs: number;
  /** How long after the start the first scrape is due: keeps processes from being scraped all at once. */
  phaseMs: number;
  dispatcher: Dispatcher;
  signal: AbortSignal;
}

/** Runs until the signal is aborted. */
export async function runScrapeLoop({ intervalMs, phaseMs, signal, ...target }: ScrapeLoopOptions): Promise<void> {
  const memory = new SeriesMemory();
  const timeoutMs = Math.round(intervalMs * TIMEOUT_SHARE);
  const startMs = performance.now() + phaseMs;
  for (let turn = 0; !signal.aborted; ) {
    const waitMs = startMs + turn * intervalMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await scrape(target, memory, { timeoutMs, signal });
    turn = Math.max(turn + 1, Math.ceil((performance.now() - startMs) / intervalMs));
  }
}

async function scrape(
  { url, history, dispatcher }: Pick<ScrapeLoopOptions, 'url' | 'history' | 'dispatcher'>,
  memory: SeriesMemory,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const atMs = Date.now();
  const startMs = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const text = await fetchText(url, dispatcher, AbortSignal.any([timeout, signal]));
    history.addScraped(atMs, tookMs(), parseExposition(text, memory));
  } catch (problem) {
    if (signal.aborted) return;
    history.addFailed(atMs, tookMs(), timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(problem));
  }
}

async function fetchText(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<string> {
  const { statusCode, body } = await request(url, { dispatcher, signal });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`HTTP ${statusCode}`);
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_BYTES_MAX) throw new Error(`more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `connect ECONNREFUSED …` of a host with several addresses has its text in the parts only. */
function reasonOf(problem: unknown): string {
  const text = messageOf(problem);
  return text === '' ? ((problem as { code?: string }).code ?? 'the request failed') : text;
}
