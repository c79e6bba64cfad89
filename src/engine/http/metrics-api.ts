/** The metrics port: `GET /metrics`, nothing else. */
import type { RequestListener } from 'node:http';
import { messageOf } from '../../errors/mex-error.ts';
import { sendRefusal } from './send.ts';

export function metricsApi(render: () => Promise<Buffer>): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== '/metrics') {
      sendRefusal(response, { httpStatus: 404, reason: 'Unknown path: use /metrics' });
      return;
    }
    if (request.method !== 'GET') {
      const reason = `Method not allowed: ${request.method}, use GET`;
      return sendRefusal(response, { httpStatus: 405, reason, headers: { Allow: 'GET' } });
    }
    render().then(
      (page) => {
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4', 'Content-Length': page.length });
        response.end(page);
      },
      (thrown: unknown) => sendRefusal(response, { httpStatus: 500, reason: messageOf(thrown) }),
    );
  };
}
