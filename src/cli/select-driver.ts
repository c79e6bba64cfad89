/** What sends the load, by the choice that was made. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { LoadDriver } from '../load/load-driver.ts';
import type { DriverName } from './load-flags.ts';

/** One that sends from this machine. @throws MexError when its program is missing or too old, with the way to install it. */
export async function selectDriver(name: DriverName): Promise<LoadDriver> {
  if (name === 'embedded') {
    const { EmbeddedDriver } = await import('../load/embedded/embedded-driver.ts');
    return new EmbeddedDriver();
  }
  const [{ K6Driver }, { checkTool }, { readMachine }] = await Promise.all([
    import('../load/k6/k6-driver.ts'),
    import('../doctor/tool-checks.ts'),
    import('../doctor/machine.ts'),
  ]);
  const { ok, found, wanted, hint } = await checkTool('k6', await readMachine(process.cwd()));
  if (ok) return new K6Driver();
  throw new MexError(`--driver k6 needs k6 ${wanted} on the PATH; found: ${found}`, {
    code: 'K6_MISSING',
    exit: EXIT.environment,
    suggestion: hint ?? 'Run: mex doctor',
  });
}
