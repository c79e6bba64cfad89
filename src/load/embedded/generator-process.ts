/**
 * The generator as a process of its own: takes one plan over IPC, tells of itself, gives its result, ends.
 *
 * It ignores Ctrl-C, which the terminal sends to all: mex says when to stop and waits for what was measured. It cannot
 * outlive mex: the end of the IPC channel ends it, whatever it does.
 */
import { messageOf } from '../../errors/mex-error.ts';
import { type GeneratorHooks, runGenerator } from './generator.ts';
import type { Checkpoint, FromGenerator, ToGenerator } from './generator-messages.ts';

export function serveGenerator(hooks: GeneratorHooks = {}): void {
  if (process.send === undefined) throw new Error('the generator is started by mex, with an IPC channel');
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  // Nobody is left who could ask for its exit code, and `process.exit()` may hang while V8 compiles.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const stopped = new AbortController();
  process.on('message', (message: ToGenerator) => {
    if (message.type === 'stop') return stopped.abort();
    const onCheckpoint = (checkpoint: Checkpoint): void => tell({ type: 'checkpoint', ...checkpoint });
    const watch = { signal: stopped.signal, onCheckpoint };
    runGenerator(message.plan, watch, hooks).then(
      (run) => tell({ type: 'finished', run }),
      (thrown) => tell({ type: 'failed', message: messageOf(thrown) }),
    );
  });
}

/** A failing channel is one that ended, and that ends this process. */
function tell(message: FromGenerator): void {
  process.send?.(message, undefined, undefined, () => {});
}
