import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { waitUntilAnswers } from '../../src/kubernetes/wait-until-answers.ts';
import { EVERY_MS, never } from './connect.ts';

it('waits for a port that refuses at first, then for a server that is not ready', async () => {
  const server = createServer((_request, response) => response.writeHead(asked++ < 2 ? 503 : 404).end());
  let asked = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const waiting = waitUntilAnswers(`http://127.0.0.1:${port}/ready`, { everyMs: EVERY_MS }, never);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await waiting;
  expect(asked).toBe(3);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('says what it last found where nobody answers in time', async () => {
  await expect(waitUntilAnswers('http://127.0.0.1:1/', { limitMs: 1 }, never)).rejects.toMatchObject({
    code: 'NO_ANSWER',
    exit: 5,
    message: expect.stringMatching(/^Nobody answers at http:\/\/127\.0\.0\.1:1\/ after 0\.001 s: .*ECONNREFUSED/),
  });
});
