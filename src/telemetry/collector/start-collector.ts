/**
 * The embedded collector: scrapes every target once a second and answers what it kept. Composition page.
 *
 * History lives in memory, two hours of it: a collector that ends takes it along, which a run notices as a gap. Targets
 * can be exchanged while it runs; the history of a target stays when its URL changes, so that a restart of the process
 * behind it is seen as one.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { answerCollector, type CollectorState } from './collector-api.ts';
import type { CollectorConfig } from './collector-config.ts';
import { runScrapeLoop } from './scrape-loop.ts';
import { TargetHistory } from './target-history.ts';

/** Targets are scraped this far apart within a second: a prime step spreads any number of them. */
const PHASE_STEP_MS = 211;

export interface Collector {
  httpPort: number;
  stop(): Promise<void>;
}

export async function startCollector(config: CollectorConfig): Promise<Collector> {
  const scraping = new Scraping(config.intervalMs);
  const server = createServer((request, response) => void answerCollector(scraping, request, response));
  await listen(server, config);
  scraping.setTargets(config.targets);
  return {
    httpPort: (server.address() as AddressInfo).port,
    async stop() {
      await scraping.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

class Scraping implements CollectorState {
  readonly intervalMs: number;
  readonly histories = new Map<string, TargetHistory>();
  readonly #loops = new Map<string, { url: string; abort: AbortController; done: Promise<void> }>();
  readonly #agent = new Agent();
  #started = 0;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  targets(): Record<string, string> {
    return Object.fromEntries([...this.#loops].map(([name, { url }]) => [name, url]));
  }

  setTargets(targets: Record<string, string>): void {
    for (const [name, { url, abort }] of this.#loops) {
      if (targets[name] === url) continue;
      abort.abort();
      this.#loops.delete(name);
    }
    for (const [name, url] of Object.entries(targets)) if (!this.#loops.has(name)) this.#start(name, url);
  }

  async stop(): Promise<void> {
    const loops = [...this.#loops.values()];
    for (const { abort } of loops) abort.abort();
    await Promise.all(loops.map(({ done }) => done));
    await this.#agent.destroy();
  }

  #start(name: string, url: string): void {
    const history = this.histories.get(name) ?? new TargetHistory();
    this.histories.set(name, history);
    const abort = new AbortController();
    const phaseMs = (this.#started++ * PHASE_STEP_MS) % this.intervalMs;
    const shared = { intervalMs: this.intervalMs, phaseMs, dispatcher: this.#agent, signal: abort.signal };
    this.#loops.set(name, { url, abort, done: runScrapeLoop({ url, history, ...shared }) });
  }
}

async function listen(server: Server, { port, host }: CollectorConfig): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((cause) => {
    const message = `The collector cannot listen on ${host}:${port}: ${messageOf(cause)}`;
    throw new MexError(message, { code: 'PORT', exit: SERVER_EXIT.io, suggestion: 'Set another HTTP_PORT.', cause });
  });
}
