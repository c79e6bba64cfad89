/** The fault proxy with its control port: `PUT /fault` begins or prolongs a fault, `DELETE /fault` ends it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { FaultProxy } from './fault-proxy.ts';
import { LeasedFault } from './leased-fault.ts';

export interface ProxyConfig {
  host: string;
  httpPort: number;
  proxyPort: number;
  upstreams: string[];
}

const BODY_BYTES_MAX = 4_096;
const process = z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() });
const wanted = z.object({
  fault: z.union([
    z.object({ kind: z.enum(['refuse', 'black-hole', 'slow']) }),
    z.object({ kind: z.literal('pause'), process }),
  ]),
  leaseMs: z.int().min(100).max(60_000),
});

export interface RunningProxy {
  httpPort: number;
  proxyPort: number;
  close(): Promise<void>;
}

export function readProxyConfig(environment: Readonly<Record<string, string | undefined>>): ProxyConfig {
  const problems: string[] = [];
  const port = (name: string): number => {
    const value = environment[name] ?? '0';
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) problems.push(`${name}=${value}: allowed is a port, or 0`);
    return Number(value);
  };
  const upstreams = (environment.PROXY_UPSTREAMS ?? '').split(',');
  if (!upstreams.every((one) => /^[A-Za-z0-9.-]{1,253}:\d{1,5}$/.test(one))) {
    problems.push(`PROXY_UPSTREAMS=${upstreams}: allowed is host:port, comma separated`);
  }
  const config = {
    host: environment.HTTP_HOST ?? '127.0.0.1',
    httpPort: port('HTTP_PORT'),
    proxyPort: port('PROXY_PORT'),
    upstreams,
  };
  if (problems.length > 0) throw new MexError(problems.join('\n'), { code: 'CONFIG', exit: SERVER_EXIT.config });
  return config;
}

export async function startProxy({ host, httpPort, proxyPort, upstreams }: ProxyConfig): Promise<RunningProxy> {
  const proxy = new FaultProxy({ host, port: proxyPort, upstreams });
  const fault = new LeasedFault(proxy);
  const server = createServer((request, response) => {
    answer(request, response, fault).catch((thrown) => reply(response, 400, { error: messageOf(thrown) }));
  });
  try {
    await proxy.listen();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(httpPort, host, resolve);
    });
  } catch (thrown) {
    await proxy.close();
    throw new MexError(`Cannot listen: ${messageOf(thrown)}`, {
      code: 'PORT',
      exit: SERVER_EXIT.io,
      suggestion: 'Set another HTTP_PORT or PROXY_PORT; 0 picks a free one.',
      cause: thrown,
    });
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const close = async (): Promise<void> => {
    await fault.end();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await proxy.close();
  };
  return { httpPort: address.port, proxyPort: proxy.port, close };
}

async function answer(request: IncomingMessage, response: ServerResponse, fault: LeasedFault): Promise<void> {
  if (request.url !== '/fault') return reply(response, 404, { error: 'Unknown path: use /fault' });
  if (request.method === 'DELETE') await fault.end();
  else if (request.method === 'PUT') {
    const { fault: asked, leaseMs } = wanted.parse(JSON.parse(await bodyOf(request)));
    if (!(await fault.set(asked, leaseMs))) return reply(response, 409, { error: 'That process does not run' });
  } else if (request.method !== 'GET') return reply(response, 405, { error: 'Use GET, PUT or DELETE' });
  reply(response, 200, { fault: fault.kind });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw new Error(`a body of over ${BODY_BYTES_MAX} bytes`);
  }
  return body;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
