import { expect, test } from 'vitest';
import { chooseLoad, type LoadChoice, type LoadFlags } from '../../src/cli/load-flags.ts';
import type { TargetName } from '../../src/targets/select-target.ts';

test.each<[TargetName, LoadFlags, LoadChoice]>([
  ['local', {}, { driver: 'embedded', from: 'here', jobs: 1 }],
  ['local', { driver: 'k6' }, { driver: 'k6', from: 'here', jobs: 1 }],
  ['k8s', {}, { driver: 'k6', from: 'cluster', jobs: 1 }],
  ['k8s', { 'load-jobs': 3 }, { driver: 'k6', from: 'cluster', jobs: 3 }],
  ['k8s', { driver: 'embedded' }, { driver: 'embedded', from: 'here', jobs: 1 }],
  ['k8s', { 'load-from': 'here' }, { driver: 'k6', from: 'here', jobs: 1 }],
])('%s with %j is %j', (target, flags, choice) => {
  expect(chooseLoad(target, flags)).toEqual(choice);
});

test.each<[TargetName, LoadFlags, RegExp]>([
  ['local', { 'load-from': 'cluster' }, /^--load-from without --target k8s/],
  ['local', { 'load-jobs': 2 }, /^--load-jobs without --target k8s/],
  ['k8s', { driver: 'embedded', 'load-from': 'cluster' }, /^--driver embedded sends from here/],
  ['k8s', { driver: 'embedded', 'load-jobs': 2 }, /^--load-jobs, and the load comes from here/],
  ['k8s', { 'load-from': 'here', 'load-jobs': 2 }, /^--load-jobs, and the load comes from here/],
])('%s with %j is refused', (target, flags, message) => {
  expect(() => chooseLoad(target, flags)).toThrow(
    expect.objectContaining({ code: 'BAD_FLAG', exit: 2, message: expect.stringMatching(message) }),
  );
});
