/** Puts a phase's asks into empty books: one body a shard where it fits, and every order counted back. */
import { request } from 'undici';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { shardsOf } from '../experiment/cases.ts';
import { adminHeaders } from '../protocol/admin.ts';
import type { Seeded } from '../protocol/replies.ts';
import type { LoadPlan } from './load-driver.ts';
import { type SeedBody, seedBodies, seedOrdersOf } from './seed-bodies.ts';

/** 40,000 orders take an engine well under a second; far more than that means that it hangs. */
const SEED_DEADLINE_MS = 60_000;

export async function seedBooks(plan: LoadPlan, signal: AbortSignal): Promise<void> {
  for (const shard of shardsOf(plan.phase)) {
    const url = plan.seedUrls[shard];
    if (url === undefined) throw seedError(`shard ${shard} has no URL for seeds`);
    const headers = { 'content-type': 'application/json', ...adminHeaders(plan.adminToken) };
    for (const body of seedBodies(seedOrdersOf(plan, shard))) await post({ url, headers }, body, signal);
  }
}

async function post(
  { url, headers }: { url: string; headers: Record<string, string> },
  { text, orders }: SeedBody,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(SEED_DEADLINE_MS);
  const exchange = async (): Promise<{ status: number; body: string }> => {
    const options = { method: 'POST', headers, body: text, signal: AbortSignal.any([signal, deadline]) } as const;
    const answer = await request(url, options);
    return { status: answer.statusCode, body: await answer.body.text() };
  };
  const { status, body } = await exchange().catch((thrown) => {
    signal.throwIfAborted();
    throw seedError(`POST ${url} with ${orders} orders failed: ${messageOf(thrown)}`, thrown);
  });
  if (status === 200 && seededOf(body) === orders) return;
  throw seedError(`POST ${url} with ${orders} orders answered ${status}: ${body.slice(0, 200)}`);
}

function seededOf(body: string): number | undefined {
  try {
    return (JSON.parse(body) as Partial<Seeded> | null)?.seeded;
  } catch {
    return undefined;
  }
}

function seedError(message: string, cause?: unknown): MexError {
  return new MexError(`The books could not be seeded: ${message}`, {
    code: 'SEED_FAILED',
    exit: EXIT.environment,
    suggestion: 'Look at the logs of the shard, and deploy it anew',
    cause,
  });
}
