/** What sends the load and from where, by the flags. Pure. */
import { Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import type { TargetName } from '../targets/select-target.ts';

export const DRIVERS = ['embedded', 'k6'] as const;
export type DriverName = (typeof DRIVERS)[number];
export const LOAD_PLACES = ['cluster', 'here'] as const;

/** One node of three sends thousands of orders a second; more Jobs than this is a mistake. */
const JOBS_MAX = 16;

export const loadFlags = {
  driver: Flags.option({ options: DRIVERS })({
    description:
      "what sends the load: mex's own generator, or k6 with the scripts in k6/. Default: embedded; with --target k8s k6",
  }),
  'load-from': Flags.option({ options: LOAD_PLACES })({
    description:
      "with --target k8s, where the load comes from: Jobs in the cluster, or here through the node ports of mex's own cluster. Default: cluster; here with --driver embedded",
  }),
  'load-jobs': Flags.integer({
    description: 'with --target k8s, how many Jobs share the load. Default: 1',
    min: 1,
    max: JOBS_MAX,
  }),
};

export interface LoadFlags {
  driver?: DriverName | undefined;
  'load-from'?: (typeof LOAD_PLACES)[number] | undefined;
  'load-jobs'?: number | undefined;
}

export interface LoadChoice {
  driver: DriverName;
  from: (typeof LOAD_PLACES)[number];
  /** Of a load from the cluster. */
  jobs: number;
}

/** @throws MexError for flags that contradict each other */
export function chooseLoad(target: TargetName, flags: LoadFlags): LoadChoice {
  const { 'load-from': from, 'load-jobs': jobs } = flags;
  if (target === 'local') {
    if (from !== undefined)
      throw badFlag('--load-from without --target k8s', 'Leave it out: the load comes from here.');
    if (jobs !== undefined) throw badFlag('--load-jobs without --target k8s', 'Leave it out: there are no Jobs.');
    return { driver: flags.driver ?? 'embedded', from: 'here', jobs: 1 };
  }
  const driver = flags.driver ?? 'k6';
  if (driver === 'embedded' && from === 'cluster') {
    throw badFlag('--driver embedded sends from here, and --load-from cluster was given', 'Leave one of them out.');
  }
  const place = from ?? (driver === 'embedded' ? 'here' : 'cluster');
  if (place === 'here' && jobs !== undefined) {
    throw badFlag('--load-jobs, and the load comes from here', 'Leave it out: Jobs are in the cluster.');
  }
  return { driver, from: place, jobs: jobs ?? 1 };
}

function badFlag(message: string, suggestion: string): MexError {
  return new MexError(message, { code: 'BAD_FLAG', exit: EXIT.usage, suggestion });
}
