/** One thing the doctor looked at. */
export interface Check {
  name: string;
  /** The target that was asked for cannot do without it. What is not needed never fails the doctor. */
  needed: boolean;
  ok: boolean;
  found: string;
  wanted: string;
  /** What to do here, best a line that can be pasted into a shell; null where nothing is to be done. */
  hint: string | null;
}

export type TargetName = 'local' | 'k8s';

export function isMissing({ needed, ok }: Check): boolean {
  return needed && !ok;
}
