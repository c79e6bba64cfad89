/** One thing the doctor looked at. */
export interface Check {
  name: string;
  /** The target that was asked for cannot do without it. What is not needed never fails the doctor. */
  needed: boolean;
  ok: boolean;
  found: string;
  wanted: string;
  /** Versions that mex was tried with; empty where there is no version. */
  tested: readonly string[];
  /** What was found is newer than any of them. That fails nothing. */
  newerThanTested: boolean;
  /** What to do here, best a line that can be pasted into a shell; null where nothing is to be done. */
  hint: string | null;
}

export type TargetName = 'local' | 'k8s';

export function isMissing({ needed, ok }: Check): boolean {
  return needed && !ok;
}
