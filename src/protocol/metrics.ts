/**
 * Metric names, labels and buckets, to the letter: dashboards, rules and other people's queries depend on them.
 * Durations are seconds. Servers emit from here, telemetry reads from here.
 */
export const BUCKETS = {
  match: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1],
  validation: [0.0001, 0.0005, 0.001, 0.005, 0.01],
  insertion: [0.0001, 0.0005, 0.001, 0.005, 0.01],
  matching: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05],
  log: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1],
  publish: [0.0001, 0.0005, 0.001, 0.005, 0.01],
  gcPause: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
  gatewayRequest: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1],
} as const;

/** The parts of a match, in the order an order meets them. */
export const STAGES = ['validation', 'log', 'insertion', 'matching', 'publish'] as const;
export type Stage = (typeof STAGES)[number];

export const METRIC = {
  matchDuration: 'me_match_duration_seconds',
  validationDuration: 'me_order_validation_duration_seconds',
  insertionDuration: 'me_orderbook_insertion_duration_seconds',
  matchingDuration: 'me_matching_algorithm_duration_seconds',
  logDuration: 'me_wal_append_duration_seconds',
  publishDuration: 'me_event_publish_duration_seconds',
  matches: 'me_matches_total',
  ordersReceived: 'me_orders_received_total',
  bookDepth: 'me_orderbook_depth',
  bookLevels: 'me_orderbook_price_levels',
  ringUtilization: 'me_ringbuffer_utilization_ratio',
  matchDurationFine: 'me_match_duration_fine_seconds',
  stageDurationFine: 'me_stage_duration_fine_seconds',
  gcPause: 'me_gc_pause_seconds',
  gcPauseMax: 'me_gc_pause_max_seconds',
  eventsOffered: 'me_events_offered_total',
  eventsSent: 'me_events_sent_total',
  eventsDropped: 'me_events_dropped_total',
  eventsFailed: 'me_events_failed_total',
  eventsQueued: 'me_events_queue_length',
  eventsInFlight: 'me_events_in_flight',
  eventsLagSequences: 'me_events_lag_sequences',
  eventsLagSeconds: 'me_events_lag_seconds',
  brokerConnected: 'me_broker_connected',
  eventPublishErrors: 'me_event_publish_errors_total',
  gatewayRequests: 'gw_requests_total',
  gatewayRequestDuration: 'gw_request_duration_seconds',
  gatewayRoutingErrors: 'gw_routing_errors_total',
  heapUsed: 'nodejs_heap_size_used_bytes',
  processStart: 'process_start_time_seconds',
} as const;

/** How often a process is scraped: by whatever scrapes it on this machine, and in a cluster. */
export const SCRAPE_INTERVAL_MS = { local: 1_000, kubernetes: 5_000 } as const;

/** Steps a decade: 10^(1/48) is a bucket 4.9 % wide. */
const FINE_STEPS_PER_DECADE = 48;
/** Every bound of the coarse histograms, among them the limits that verdicts test, so that no bucket straddles one. */
const FINE_EXACT_BOUNDS = [BUCKETS.match, BUCKETS.validation, BUCKETS.matching, BUCKETS.log].flat();

/** Upper bounds of the fine histograms, 1 µs to 10 s, at most 5 % wide. */
export const FINE_BUCKETS: readonly number[] = fineBuckets();

function fineBuckets(): number[] {
  const bounds = new Set<number>(FINE_EXACT_BOUNDS);
  for (let step = 0; step <= 7 * FINE_STEPS_PER_DECADE; step++) {
    bounds.add(Number((10 ** (-6 + step / FINE_STEPS_PER_DECADE)).toPrecision(6)));
  }
  return [...bounds].sort((left, right) => left - right);
}
