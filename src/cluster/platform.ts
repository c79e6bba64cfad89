/**
 * What the system under test stands on in a cluster, chosen once for it: the broker, who watches, what differs by the kind
 * of cluster, and which image of mex. Kept in the cluster's record, so that later commands need not be told. Pure.
 */
import { z } from 'zod';

export const BROKERS = ['redpanda', 'kafka'] as const;
export const OBSERVABILITIES = ['helm', 'plain'] as const;
export const PLACES = ['k3d', 'aws', 'oci'] as const;

export type BrokerName = (typeof BROKERS)[number];
export type Observability = (typeof OBSERVABILITIES)[number];
/** Which component `place-…` of the manifests. */
export type Place = (typeof PLACES)[number];

export const platformSchema = z.object({
  broker: z.enum(BROKERS),
  observability: z.enum(OBSERVABILITIES),
  place: z.enum(PLACES),
  /** `mex:0.1.0-1f2e3d4c5b6a`, or with a registry before it. */
  image: z.string(),
});

export type Platform = z.infer<typeof platformSchema>;
