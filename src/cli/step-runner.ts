/**
 * Shows long work on stderr: on a terminal a live task, otherwise plain lines, one each five seconds.
 * Nothing goes to stdout, which belongs to results.
 */
import type { StepRunner } from '../runner/run-experiment.ts';

const PLAIN_LINE_MS = 5_000;
/** A narrower terminal would wrap the live line into pieces. */
const LIVE_COLUMNS_MIN = 40;

export function stepRunner(options: { quiet: boolean }): StepRunner {
  if (options.quiet) return (_title, work) => work(() => {});
  return isLive() ? liveStep : plainStep;
}

function isLive(): boolean {
  const columns = process.stderr.columns ?? 0;
  return process.stderr.isTTY === true && process.env.CI === undefined && columns >= LIVE_COLUMNS_MIN;
}

const liveStep: StepRunner = async (title, work) => {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const outcome: { value?: Awaited<ReturnType<typeof work>> } = {};
  const tasks = new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          outcome.value = await work((line) => {
            task.output = line;
          });
        },
      },
    ],
    { registerSignalListeners: false, rendererOptions: { logger, collapseErrors: true, showErrorMessage: false } },
  );
  await tasks.run();
  return outcome.value as Awaited<ReturnType<typeof work>>;
};

const plainStep: StepRunner = async (title, work) => {
  const started = performance.now();
  let lastLineMs = started;
  say(title);
  const value = await work((line) => {
    const nowMs = performance.now();
    if (nowMs - lastLineMs < PLAIN_LINE_MS) return;
    lastLineMs = nowMs;
    say(`  ${line}`);
  });
  say(`  done: ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return value;
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
