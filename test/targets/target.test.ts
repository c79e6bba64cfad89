import { expect, it } from 'vitest';
import { type Deployment, withoutSecrets } from '../../src/targets/target.ts';

it('is printed without the admin token of its engines', () => {
  const endpoint = { name: 'engine-a', url: 'http://127.0.0.1:1', metricsUrl: 'http://127.0.0.1:2/metrics', pid: 3 };
  const shown: Deployment = { shape: 'single', shards: { a: endpoint }, collector: endpoint };
  expect(withoutSecrets({ ...shown, adminToken: 'secret' })).toEqual(shown);
});
