/** A broker that mex did not start: is it there, what does it call itself, which process is it. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import type { RealBroker } from '../targets/target.ts';
import { brokersOf } from './kafka-flag.ts';

export interface BrokerFlags {
  kafka?: string | undefined;
  'kafka-pid'?: number | undefined;
}

/** Undefined: none was asked for. @throws MexError when nobody answers there, or the process does not run. */
export async function findBroker({ kafka, 'kafka-pid': pid }: BrokerFlags): Promise<RealBroker | undefined> {
  if (kafka === undefined) return undefined;
  const bootstrap = brokersOf(kafka);
  const advertised = await advertisedBy(bootstrap);
  const addresses = [...new Set([...bootstrap, ...advertised])];
  return { bootstrap: kafka, addresses, ...(pid !== undefined && { process: await runningProcess(pid) }) };
}

async function advertisedBy(bootstrap: readonly string[]): Promise<string[]> {
  const [{ kafkaClient }, { Connections }] = await Promise.all([
    import('../kafka/client.ts'),
    import('../kafka/connections.ts'),
  ]);
  const connections = new Connections();
  const admin = kafkaClient({ brokers: bootstrap, clientId: 'mex', connections }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ host, port }) => `${host}:${port}`);
  } catch (cause) {
    throw new MexError(`No broker answers at ${bootstrap.join(', ')}: ${messageOf(cause)}`, {
      code: 'BROKER_DOWN',
      exit: EXIT.environment,
      suggestion: 'Start it, or leave --kafka out: mex then starts a stand-in.',
      cause,
    });
  } finally {
    connections.cut();
    await admin.disconnect().catch(() => undefined);
  }
}

async function runningProcess(pid: number): Promise<NonNullable<RealBroker['process']>> {
  const { identify } = await import('../exec/process-identity.ts');
  const found = await identify(pid);
  if (found !== undefined) return found;
  throw new MexError(`--kafka-pid ${pid}: no such process`, {
    code: 'BAD_FLAG',
    exit: EXIT.usage,
    suggestion: 'Expected is the process of the broker; without it the proxy cuts the broker off.',
  });
}
