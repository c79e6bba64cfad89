/** The load driver that runs k6 with the scripts in `k6/`: its requests and its schedule, mex's evidence. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { phaseDurationMs } from '../../experiment/cases.ts';
import type { LoadDriver, LoadPlan, LoadProgress, LoadRun } from '../load-driver.ts';
import { seedBooks } from '../seed-books.ts';
import { k6Command } from './k6-command.ts';
import { K6Load } from './k6-load.ts';
import { K6Log } from './k6-log.ts';
import { runK6 } from './k6-process.ts';

export interface K6DriverOptions {
  /** The program. Default `k6` of the PATH. */
  k6?: string;
  /** Where its scripts are. */
  scripts?: string;
}

const SCRIPTS = fileURLToPath(new URL('../../../k6/', import.meta.url));

export class K6Driver implements LoadDriver {
  readonly name = 'k6';
  readonly #k6: string;
  readonly #scripts: string;

  constructor({ k6 = 'k6', scripts = SCRIPTS }: K6DriverOptions = {}) {
    this.#k6 = k6;
    this.#scripts = scripts;
  }

  async seed(plan: LoadPlan, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await seedBooks(plan, signal);
  }

  async run(plan: LoadPlan, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadRun> {
    signal.throwIfAborted();
    const load = new K6Load(plan);
    const log = plan.logs === undefined ? null : await K6Log.open(plan.logs);
    const folder = await mkdtemp(join(tmpdir(), 'mex-k6-'));
    try {
      const planFile = join(folder, 'plan.json');
      await writeFile(planFile, JSON.stringify(plan));
      const script = join(this.#scripts, plan.k6Script);
      const { testId, remoteWriteUrl } = plan;
      const command = k6Command({ script, planFile, testId, remoteWriteUrl });
      log?.say(`mex runs: ${[this.#k6, ...command.argv].join(' ')}`);
      const plannedMs = phaseDurationMs(plan.phase);
      const lines = load.reader((line) => log?.line(line));
      const onText = (text: string): void => lines.take(text);
      const onSecond = (): void => onProgress(load.progress());
      const end = await runK6({ program: this.#k6, command, plannedMs, signal, onText, onSecond });
      lines.end();
      const trouble = load.troubleOf([end], signal);
      log?.say(`mex: ${trouble ?? `k6 ended with ${end.code}`}`);
      const notKept = (await log?.close(end.stdout)) ?? null;
      if (load.orders.startedAtMs === null) signal.throwIfAborted();
      return load.run([end], { trouble, notes: notKept === null ? [] : [notKept] });
    } finally {
      await log?.close('');
      await rm(folder, { recursive: true, force: true });
    }
  }
}
