/** Answers, always JSON, never kept by a cache, never taken for anything else. */
import type { ServerResponse } from 'node:http';
import type { Outcome, Rejected } from '../../protocol/replies.ts';

/** An answer that is not 2xx. */
export interface Refusal {
  httpStatus: number;
  reason: string;
  orderId?: string | null;
  /** `not_accepted` where absent. */
  outcome?: Outcome;
  headers?: Readonly<Record<string, string>>;
}

const HEADERS = [
  ...['Content-Type', 'application/json'],
  ...['Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
];

export function sendJson(response: ServerResponse, httpStatus: number, body: unknown): void {
  sendText(response, httpStatus, JSON.stringify(body));
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
  sendText(response, refusal.httpStatus, refusalBody(refusal));
}

/** @param text JSON */
export function sendText(response: ServerResponse, httpStatus: number, text: string): void {
  if (response.headersSent) return;
  // As an array: an object would be taken apart into one.
  response.writeHead(httpStatus, ['Content-Length', Buffer.byteLength(text), ...HEADERS]);
  response.end(text);
}

export function refusalBody({ orderId, reason, outcome }: Refusal): string {
  const body: Rejected = { status: 'REJECTED', orderId: orderId ?? null, reason, outcome: outcome ?? 'not_accepted' };
  return JSON.stringify(body);
}
