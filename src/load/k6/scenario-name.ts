/** What a phase's scenarios are called in k6: by the scripts that make them, and by who reads k6's summary. Pure. */

/** Scenarios take letters, digits, `_` and `-`. @param what a flow's name, or `replenish`, `prepare` */
export function scenarioName(phase: string, what: string): string {
  return `${phase.replace(/[^A-Za-z0-9]/g, '-')}_${what}`;
}
