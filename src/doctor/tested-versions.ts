/**
 * The versions that mex was tried with, the newest last. A newer one may well work; the doctor says that nobody tried, and
 * lets it pass. A version of fewer parts stands for all that begin with it.
 */
export const TESTED_VERSIONS = {
  Node: ['24'],
  docker: ['20.10.24'],
  k3d: ['5.8.3'],
  kubectl: ['1.33'],
  helm: ['3.22', '4.3'],
  k6: ['2.2.0'],
  prometheus: ['2.42.0', '3.16.0'],
  git: ['2.39'],
} as const;
