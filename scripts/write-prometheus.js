// Writes the configurations of Prometheus: for one on this machine that mex did not start, and for one in a cluster.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { prometheusConfig } from '../src/targets/prometheus-config.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../manifests/prometheus'));
const made = '# Made by npm run prometheus. Change src/targets/prometheus-config.ts, not this.';
const rules = 'recording-rules.yml';
const files = {
  'local.yml': [
    [
      made,
      '# For a Prometheus of your own beside mex in this folder, which tells it there where its servers are:',
      '#   prometheus --config.file=manifests/prometheus/local.yml --web.enable-remote-write-receiver',
    ],
    prometheusConfig({ kind: 'local', targetsFile: '../../.mex/prometheus/targets.json' }, rules),
  ],
  'prometheus.yml': [
    [made, '# Every pod of matching-engine that says so in its annotations.'],
    prometheusConfig({ kind: 'kubernetes', namespace: 'matching-engine' }, rules),
  ],
};

mkdirSync(folder, { recursive: true });
for (const [name, [head, config]] of Object.entries(files)) {
  writeFileSync(join(folder, name), `${head.join('\n')}\n${stringify(config, { lineWidth: 0 })}`);
}
