/** A test that this machine cannot run says why, and is never passed silently: `it.skipIf(skipped(…))`. */
export function skipped(condition: boolean, what: string, why: string): boolean {
  if (condition) process.stdout.write(`skipped: ${what}, because ${why}\n`);
  return condition;
}
