/** Is a chart in a file or folder the one that is pinned? For those helm heeds no `--version`. */
import { z } from 'zod';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { PinnedChart } from './charts.ts';
import type { Helm } from './helm.ts';

const facts = z.object({ name: z.string(), version: z.string() });

/** @throws MexError `BAD_CHART` when helm cannot read it, or when it is another */
export async function requireChart(helm: Helm, pin: PinnedChart, path: string, signal: AbortSignal): Promise<void> {
  const { parse } = await import('yaml');
  const found = facts.safeParse(parse(await helm.show(path, signal)));
  const is = found.success ? `${found.data.name} ${found.data.version}` : 'without name and version';
  const wanted = `${pin.chart.split('/').at(-1)} ${pin.version}`;
  if (is === wanted) return;
  throw badChart(`The chart ${path} is ${is}, and mex installs ${wanted}`, pin);
}

function badChart(message: string, { chart, version }: PinnedChart): MexError {
  return new MexError(message, {
    code: 'BAD_CHART',
    exit: EXIT.environment,
    suggestion: `Where there is a network: helm pull ${chart} --version ${version}`,
  });
}
