#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `mex: Node ${process.versions.node} is too old, 22.19 or newer is needed. ` +
      'In a clone, run "npm ci" and then "npx mex …": it brings Node 24 along.\n',
  );
  process.exit(2);
}
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(import.meta.url, process.argv.slice(2));
// By itself: process.exit() hangs once in some hundred times, while V8 compiles (github.com/nodejs/node/issues/54918).
// What still keeps Node alive by then was forgotten, and may not hold up whoever waits.
setTimeout(() => process.exit(), 1000).unref();
