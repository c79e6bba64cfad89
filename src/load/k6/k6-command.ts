/** How mex calls k6: arguments and environment. Pure. */

export interface K6Call {
  script: string;
  /** The plan as a file, for the script. */
  planFile: string;
  /** Tag of every sample that k6 pushes. */
  testId: string | undefined;
  /** Takes Prometheus' remote write: `http://127.0.0.1:9090/api/v1/write`. Absent: k6 pushes nothing. */
  remoteWriteUrl: string | undefined;
}

export interface K6Command {
  argv: string[];
  env: Record<string, string>;
}

/** Lines of JSON tell k6's own words from the script's, and keep the causes that the plain format leaves out. */
const QUIETLY = ['--quiet', '--no-color', '--no-usage-report', '--log-format', 'json'];
/** An import that is not there must fail at once, and not ask a build service. */
const OFFLINE = { K6_AUTO_EXTENSION_RESOLUTION: 'false' };
const TRENDS = 'p(50),p(95),p(99),max,count';

export function k6Command({ script, planFile, testId, remoteWriteUrl }: K6Call): K6Command {
  const run = ['run', ...QUIETLY, '-e', `PLAN=${planFile}`];
  if (remoteWriteUrl === undefined) return { argv: [...run, script], env: OFFLINE };
  // A tag on the command line takes the place of `options.tags`: the scripts have none.
  const tag = testId === undefined ? [] : ['--tag', `testid=${testId}`];
  return {
    argv: [...run, '-o', 'experimental-prometheus-rw', ...tag, script],
    env: {
      ...OFFLINE,
      K6_PROMETHEUS_RW_SERVER_URL: remoteWriteUrl,
      K6_PROMETHEUS_RW_TREND_STATS: TRENDS,
      K6_PROMETHEUS_RW_PUSH_INTERVAL: '1s',
      // A gauge of a test that is over must end with it, and not stay for the five minutes that Prometheus looks back.
      K6_PROMETHEUS_RW_STALE_MARKERS: 'true',
    },
  };
}
