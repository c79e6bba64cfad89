/** What can be done to a broker, as a client sees it. */
export const FAULTS = ['black hole', 'refused'] as const;

/** `black hole`: it takes connections and requests, and answers none. `refused`: nobody listens. */
export type FaultKind = (typeof FAULTS)[number];
