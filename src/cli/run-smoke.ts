/** The smoke check with what it needs from elsewhere: the runner knows no broker. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { Stage } from '../runner/run-phase.ts';
import type { SmokeContext } from '../runner/smoke.ts';
import type { SmokeCheck } from '../runner/smoke-checks.ts';
import { type Deployment, deployCommand } from '../targets/target.ts';
import type { MetricsSource } from '../telemetry/metrics-source.ts';
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

/** The collector, where there is one, whatever else measures. */
export async function smokeSource(stage: Stage, deployment: Deployment): Promise<MetricsSource> {
  if (deployment.collector === undefined) return stage.source(deployment).catch(silentSource);
  const { CollectorSource } = await import('../telemetry/collector/collector-source.ts');
  return new CollectorSource(deployment.collector.url);
}

/** One that cannot be read is a finding of the checks that stand on it, not the end of the others. */
function silentSource(thrown: unknown): MetricsSource {
  const silent = (): Promise<never> => Promise.reject(thrown);
  return { name: 'prometheus', intervalMsMax: 0, scrapes: silent, samples: silent, histogram: silent };
}

/** Where the engines publish. */
function publishedTo(deployment: Deployment): string[] {
  const { realBroker, broker } = deployment;
  const bootstrap = realBroker?.bootstrap ?? broker?.url;
  if (bootstrap !== undefined) return brokersOf(bootstrap);
  throw new MexError('The broker has ended', {
    code: 'BROKER_DOWN',
    exit: EXIT.environment,
    suggestion: `Start it again: ${deployCommand(deployment)}`,
  });
}
