/** Is Grafana there, and does it have the experiment's dashboard? From outside, without a login. */
import { callJson, type Reply } from './post-json.ts';
import { type SmokeStep, smokeFailure } from './smoke-checks.ts';

/** The dashboard is imported under this uid. */
const DASHBOARD_UID = 'me-experiment';
const BEHIND_LOGIN = 'reachable, behind a login';

/** @param baseUrl also with a path, where Grafana is served below one */
export function grafanaSteps(baseUrl: string, signal: AbortSignal): SmokeStep[] {
  const base = baseUrl.replace(/\/+$/, '');
  const call = (path: string): Promise<Reply> => callJson(`${base}${path}`, { signal });
  return [
    { name: 'Grafana: reachable', work: async () => healthOf(await call('/api/health'), base) },
    {
      name: `Grafana: dashboard ${DASHBOARD_UID}`,
      work: async () => dashboardOf(await call(`/api/dashboards/uid/${DASHBOARD_UID}`), base),
    },
  ];
}

function healthOf(reply: Reply, base: string): string {
  if (asksForLogin(reply)) return BEHIND_LOGIN;
  const { database, version } = Object(reply.body) as { database?: unknown; version?: unknown };
  if (reply.status === 200 && database === 'ok') return version === undefined ? 'healthy' : `healthy, ${version}`;
  throw smokeFailure(`${base}/api/health answered ${reply.status} ${shown(reply)}, expected 200 and database "ok"`);
}

function dashboardOf(reply: Reply, base: string): string {
  if (asksForLogin(reply)) return `${BEHIND_LOGIN}: whether the dashboard is there was not seen`;
  const { dashboard } = Object(reply.body) as { dashboard?: { uid?: unknown; title?: unknown } };
  if (reply.status === 200 && dashboard?.uid === DASHBOARD_UID) return `"${dashboard.title}"`;
  if (reply.status === 404) throw smokeFailure(`${base} has no dashboard with the uid ${DASHBOARD_UID}`);
  throw smokeFailure(`${base} answered ${reply.status} ${shown(reply)} for the dashboard ${DASHBOARD_UID}`);
}

function asksForLogin({ status }: Reply): boolean {
  return status === 401;
}

const SHOWN_CHARACTERS_MAX = 200;

function shown({ body }: Reply): string {
  return JSON.stringify(body).slice(0, SHOWN_CHARACTERS_MAX);
}
