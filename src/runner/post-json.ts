/** One bounded call to a server of the system under test. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { adminHeaders } from '../protocol/admin.ts';

const CALL_MS_MAX = 10_000;

export interface Reply {
  status: number;
  body: unknown;
}

/** Any answer is a reply; only no answer is an error. */
export async function callJson(url: string, init: RequestInit = {}): Promise<Reply> {
  const timeout = AbortSignal.timeout(CALL_MS_MAX);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    const response = await fetch(url, { ...init, signal });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  } catch (thrown) {
    if (init.signal?.aborted) throw init.signal.reason;
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    throw new MexError(`No answer from ${url}: ${messageOf(cause)}`, {
      code: 'NO_ANSWER',
      exit: EXIT.environment,
      suggestion: 'Run: mex deploy single (or multi), and look into .mex/logs/',
      cause: thrown,
    });
  }
}

/** Posts JSON and insists on 200. @param adminToken where the call needs one, and the engine has one */
export async function postJson(url: string, body: unknown, signal: AbortSignal, adminToken?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...adminHeaders(adminToken) };
  const reply = await callJson(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (reply.status === 200) return reply.body;
  throw new MexError(`${url} answered ${reply.status} ${JSON.stringify(reply.body)}, expected 200`, {
    code: 'BAD_ANSWER',
    exit: EXIT.environment,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
