/** The gateway's metrics, on a registry of its own; every series is there from the start, at zero. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { BUCKETS, METRIC } from '../protocol/metrics.ts';
import type { RoutingError } from './gateway-reply.ts';
import { NO_SHARD } from './shard-map.ts';

export interface GatewayMetrics {
  /** One request answered. */
  observe(answered: { shard: string; status: number; seconds: number; routingError?: RoutingError }): void;
  /** Prometheus text. */
  expose(): Promise<{ contentType: string; text: string }>;
}

const STATUS_CLASSES = ['2xx', '4xx', '5xx'] as const;
const ROUTING_ERRORS: readonly RoutingError[] = ['unknown_symbol', 'shard_unavailable', 'timeout', 'overloaded'];

export function createGatewayMetrics(shardIds: readonly string[]): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: METRIC.gatewayRequests,
    help: 'Requests answered, by shard and class of status',
    labelNames: ['shard', 'status'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: METRIC.gatewayRequestDuration,
    help: 'From a request having arrived to its answer having been written, in seconds',
    labelNames: ['shard'] as const,
    buckets: [...BUCKETS.gatewayRequest],
    registers: [registry],
  });
  const routingErrors = new Counter({
    name: METRIC.gatewayRoutingErrors,
    help: 'Requests that no shard answered, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  for (const shard of [...shardIds, NO_SHARD]) {
    duration.zero({ shard });
    for (const status of STATUS_CLASSES) requests.inc({ shard, status }, 0);
  }
  for (const reason of ROUTING_ERRORS) routingErrors.inc({ reason }, 0);
  return {
    observe({ shard, status, seconds, routingError }) {
      requests.inc({ shard, status: `${Math.floor(status / 100)}xx` });
      duration.observe({ shard }, seconds);
      if (routingError !== undefined) routingErrors.inc({ reason: routingError });
    },
    async expose() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
