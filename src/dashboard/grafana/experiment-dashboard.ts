/** The dashboard of an experiment: six panels, the engines' four and k6's two. `manifests/grafana/` holds it as files. */
import { METRIC } from '../../protocol/metrics.ts';
import { DATASOURCE, type Dashboard, type GridPos, SCHEMA_VERSION, type Variable } from './classic-json.ts';
import { budgetPanel, latencyPanel, saturationPanel, throughputPanel } from './engine-panels.ts';
import { k6LatencyPanel, k6RatePanel } from './k6-panels.ts';
import { timeSeriesPanel } from './time-series-panel.ts';

export const DASHBOARD_UID = 'me-experiment';
export const DASHBOARD_TITLE = 'Matching Engine Experiment';

/** In the order of reading, two a row. */
const PLANS = [latencyPanel, throughputPanel, budgetPanel, saturationPanel, k6RatePanel, k6LatencyPanel];
const COLUMNS = 2;
/** Grafana's grid is 24 wide. */
const PANEL = { w: 24 / COLUMNS, h: 10 };
const SHARED_CROSSHAIR = 1;
const ON_LOAD = 1;
const ON_TIME_RANGE = 2;
const ALPHABETICAL = 1;

export function experimentDashboard(): Dashboard {
  return {
    uid: DASHBOARD_UID,
    title: DASHBOARD_TITLE,
    description: 'Latency, throughput and saturation of the matching engine while an experiment runs.',
    tags: ['mex'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    timezone: 'browser',
    time: { from: 'now-15m', to: 'now' },
    refresh: '5s',
    graphTooltip: SHARED_CROSSHAIR,
    annotations: { list: [] },
    links: [],
    templating: { list: [datasourceVariable(), shardVariable()] },
    panels: PLANS.map((plan, index) => timeSeriesPanel(plan, index + 1, place(index))),
  };
}

function place(index: number): GridPos {
  return { ...PANEL, x: (index % COLUMNS) * PANEL.w, y: Math.floor(index / COLUMNS) * PANEL.h };
}

/** The one that mex provisions; another Grafana shows what it has. */
function datasourceVariable(): Variable {
  return {
    type: 'datasource',
    name: 'datasource',
    label: 'Prometheus',
    query: 'prometheus',
    current: { text: 'Prometheus', value: 'prometheus' },
    refresh: ON_LOAD,
    includeAll: false,
    multi: false,
    options: [],
  };
}

function shardVariable(): Variable {
  return {
    type: 'query',
    name: 'shard',
    label: 'Shard',
    datasource: DATASOURCE,
    query: { qryType: 1, query: `label_values(${METRIC.matches}, shard)`, refId: 'shards' },
    current: { text: ['All'], value: ['$__all'] },
    includeAll: true,
    allValue: '.*',
    multi: true,
    refresh: ON_TIME_RANGE,
    sort: ALPHABETICAL,
    options: [],
  };
}
