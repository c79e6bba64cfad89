/** Are the ports of this machine free that a cluster is to have? Told before anything is made. */
import { createServer } from 'node:net';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type HostPorts, PORT_NAMES, type PortName } from './cluster-plan.ts';

/** @throws MexError `PORT_TAKEN` that names all of them */
export async function requireFreePorts(ports: HostPorts): Promise<void> {
  const taken: PortName[] = [];
  for (const name of PORT_NAMES) if (await isTaken(ports[name])) taken.push(name);
  if (taken.length === 0) return;
  const list = taken.map((name) => `${ports[name]} (${name})`).join(', ');
  throw new MexError(`In use on 127.0.0.1: port ${list}`, {
    code: 'PORT_TAKEN',
    exit: EXIT.environment,
    suggestion: `End what has them, or take others: ${taken.map((name) => `--port ${name}=${elsewhere(ports[name])}`).join(' ')}`,
  });
}

const elsewhere = (port: number): number => (port < 50_000 ? port + 10_000 : port - 10_000);

/** A port that this user may not have may still be docker's to give. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE'));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
