/** When a run counts. A miss makes the case INVALID, never PASS or FAIL; only `machine` works otherwise. */
export const VALIDITY = {
  /** 1. Share of the scheduled orders that must have been sent. */
  offeredShareMin: 0.99,
  /** 2. Share of the case's matches that each full minute must make. */
  stimulusShareMin: 0.95,
  /** 3. How far depth and levels of the asks may be from the seed. */
  bookShapeToleranceShare: 0.1,
  /** 4. Longest time between two scrapes, in scrape intervals. */
  scrapeGapIntervalsMax: 2,
  /** 6. The generator's own scheduling lag at p99. */
  generatorLagP99MsMax: 5,
  /** 7. CPU time that was not the experiment's (stolen or of foreign processes): above it a FAIL is INCONCLUSIVE. */
  foreignCpuShareMax: 0.1,
} as const;

export const VALIDITY_RULES = [
  'offered load',
  'stimulus',
  'book shape',
  'measurements',
  'agreement',
  'generator',
  'machine',
] as const;
export type ValidityRule = (typeof VALIDITY_RULES)[number];

/** A send this much after it was due counts as late. */
export const LATE_MS = 1;
