/** Every way `mex` can end, a sentence each. Never renumber: scripts depend on them. */
export const EXIT = {
  /** Done, and every criterion that was asked for is met. */
  ok: 0,
  /** A bug in mex. */
  bug: 1,
  /** Wrong use or configuration. */
  usage: 2,
  /** A criterion failed (also a failed smoke check). */
  criterionFailed: 3,
  /** No verdict: a part is INVALID, INCONCLUSIVE or NOT RUN. */
  noVerdict: 4,
  /** The environment: a tool is missing, or the target did not come up. */
  environment: 5,
  /** Interrupted by a signal. */
  interrupted: 130,
} as const;

/** The exit codes of `mex serve`, those of sysexits.h. */
export const SERVER_EXIT = {
  /** Stopped cleanly. */
  ok: 0,
  /** The configuration is wrong. */
  config: 64,
  /** The write-ahead log is damaged. */
  data: 65,
  /** A read, write or sync failed. */
  io: 74,
  /** The log folder is in use by another engine. */
  busy: 75,
} as const;
