/** The smoke check with what it needs from elsewhere: the runner knows no broker. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { SmokeContext } from '../runner/smoke.ts';
import type { SmokeCheck } from '../runner/smoke-checks.ts';
import type { Deployment } from '../targets/target.ts';
import { brokersOf } from './kafka-flag.ts';

export async function runSmoke(context: Omit<SmokeContext, 'watchEvents' | 'idPrefix'>): Promise<SmokeCheck[]> {
  const [{ smoke }, { watchEvents }] = await Promise.all([
    import('../runner/smoke.ts'),
    import('../events/watch-events.ts'),
  ]);
  const { deployment, now } = context;
  return smoke({
    ...context,
    idPrefix: `smoke-${now().toString(36)}`,
    watchEvents: async (mentions, signal) => watchEvents({ brokers: publishedTo(deployment), mentions, signal }),
  });
}

/** Where the engines publish. */
function publishedTo({ shape, realBroker, broker }: Deployment): string[] {
  const bootstrap = realBroker?.bootstrap ?? broker?.url;
  if (bootstrap !== undefined) return brokersOf(bootstrap);
  throw new MexError('The broker has ended', {
    code: 'BROKER_DOWN',
    exit: EXIT.environment,
    suggestion: `Start it again: mex deploy ${shape}`,
  });
}
