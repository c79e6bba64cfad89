/** How to get a Grafana that has the dashboard: lines to paste, never run by mex. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DASHBOARD_UID } from './experiment-dashboard.ts';

const GRAFANA_IMAGE = 'grafana/grafana:13.2.0';
const GRAFANA_PORT = '3000';
const PROMETHEUS_PORT = 9090;
const MANIFESTS = fileURLToPath(new URL('../../../manifests/grafana', import.meta.url));
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * On Linux the container is on the host's network, so that it sees a Prometheus that listens on loopback only; elsewhere
 * Docker runs in a virtual machine, which knows the host by a name. Either way only this machine sees the Grafana, and
 * whoever does may look without a login.
 */
export function startHint(grafana: URL, platform: NodeJS.Platform): string {
  const port = LOOPBACK.includes(grafana.hostname) && grafana.port !== '' ? grafana.port : GRAFANA_PORT;
  const isLinux = platform === 'linux';
  const prometheus = `http://${isLinux ? '127.0.0.1' : 'host.docker.internal'}:${PROMETHEUS_PORT}`;
  const environment = {
    GF_PATHS_PROVISIONING: '/mex/provisioning',
    MEX_DASHBOARDS: '/mex',
    PROMETHEUS_URL: prometheus,
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    ...(isLinux && { GF_SERVER_HTTP_ADDR: '127.0.0.1', GF_SERVER_HTTP_PORT: port }),
  };
  const network = isLinux ? '--network host' : `-p 127.0.0.1:${port}:${GRAFANA_PORT}`;
  const variables = Object.entries(environment).map(([name, value]) => `-e ${name}=${value}`);
  const command = ['docker run -d --name mex-grafana', network, `-v ${quoted(`${MANIFESTS}:/mex:ro`)}`, ...variables];
  return `Start one that has it: ${command.join(' ')} ${GRAFANA_IMAGE}`;
}

/** For a Grafana that runs already. */
export function addHint(): string {
  const file = join(MANIFESTS, `${DASHBOARD_UID}.json`);
  return `In it, choose Dashboards > New > Import and take ${file}; it needs a Prometheus as its data source.`;
}

/** For a shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
