// Writes the dashboard as Grafana reads it from a folder, and as the sidecar of its Helm chart reads it from a cluster.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { DASHBOARD_UID, experimentDashboard } from '../src/dashboard/grafana/experiment-dashboard.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../manifests/grafana'));
const made = '# Made by npm run dashboard. Change src/dashboard/grafana/, not this.\n';
const file = `${DASHBOARD_UID}.json`;
const json = `${JSON.stringify(experimentDashboard(), null, 2)}\n`;
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: `${DASHBOARD_UID}-dashboard`,
    namespace: 'monitoring',
    labels: { 'app.kubernetes.io/part-of': 'mex', grafana_dashboard: '1' },
  },
  data: { [file]: json },
};

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, file), json);
writeFileSync(join(folder, 'dashboard-configmap.yaml'), `${made}${stringify(configMap, { lineWidth: 0 })}`);
