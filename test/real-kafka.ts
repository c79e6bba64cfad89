/** Kafka itself, where the kit that has it is there. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';

const PROGRAM = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin/kafka-broker');
/** Why a test without Kafka is skipped; undefined: Kafka is there. */
export const noKafka = existsSync(PROGRAM) ? undefined : `there is no ${PROGRAM}`;

/** A broker that ends with the test. Its data lies in `folder`. */
export async function startKafka(folder: string) {
  const call = (command: string, ...args: string[]): void => {
    execFileSync(PROGRAM, [command, folder, ...args], { stdio: 'ignore', timeout: 90_000 });
  };
  const port = await freePort();
  onTestFinished(() => {
    call('resume');
    call('stop');
  });
  call('start', String(port));
  return {
    address: `127.0.0.1:${port}`,
    pid: Number(readFileSync(join(folder, 'broker.pid'), 'utf8')),
    pause: () => call('pause'),
    resume: () => call('resume'),
  };
}
