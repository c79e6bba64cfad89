#!/usr/bin/env node
// Builds what has changed, then runs it: the same program, straight from the sources.
import { spawnSync } from 'node:child_process';

const built = spawnSync('npx', ['tsc', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/mex.tsbuildinfo'], {
  stdio: ['ignore', 2, 2],
});
if (built.status !== 0) process.exit(built.status ?? 1);
await import('./run.js');
