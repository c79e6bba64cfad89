/**
 * The helm program, 3 or 4, on the cluster that mex works on and in the namespace of the monitoring, whatever the person's
 * environment says of other ones. `--wait` is not used to install: it says after minutes that time has passed, where mex
 * says at once, in the pod's own words, what is wrong.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type CommandResult, tryCommand } from '../exec/run-command.ts';
import { isAtLeast } from '../exec/version.ts';
import type { ClusterRef } from '../kubernetes/kube-config.ts';
import { MEX_NAMESPACES } from '../kubernetes/made-by-mex.ts';
import type { PinnedChart } from './charts.ts';

export interface ReleaseState {
  /** `deployed`, `failed`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`, `uninstalled`, … */
  status: string;
  description: string;
  revision: number;
}

const [, NAMESPACE] = MEX_NAMESPACES;
const OLDEST = '3';
const LOOK_MS_MAX = 60_000;
/** What helm itself may take to send objects, and the same with what a registry takes to give the chart. */
const WORK_S_MAX = 300;
const WORK_MS_MAX = (WORK_S_MAX + 60) * 1_000;
/** What a person has set for other work: another cluster, another user, another store of releases. */
const ENVIRONMENT = {
  HELM_DRIVER: 'secret',
  HELM_DEBUG: 'false',
  HELM_NAMESPACE: '',
  HELM_KUBECONTEXT: '',
  HELM_KUBEAPISERVER: '',
  HELM_KUBETOKEN: '',
  HELM_KUBECAFILE: '',
  HELM_KUBETLS_SERVER_NAME: '',
  HELM_KUBEINSECURE_SKIP_TLS_VERIFY: '',
  HELM_KUBEASUSER: '',
  HELM_KUBEASGROUPS: '',
} as const;

/** @throws MexError where there is none, or one that is too old */
export async function requireHelm(signal: AbortSignal): Promise<void> {
  const result = await tryCommand('helm', ['version', '--short'], { timeoutMs: LOOK_MS_MAX, signal, env: ENVIRONMENT });
  const version = result.kind === 'ok' ? /v(\d[\d.]*)/.exec(result.stdout)?.[1] : undefined;
  if (result.kind !== 'not found' && version !== undefined && isAtLeast(version, OLDEST)) return;
  const is =
    result.kind === 'not found' ? 'is not installed or not on the PATH' : `is ${version ?? 'there, and does not run'}`;
  throw new MexError(`helm ${is}, and the monitoring is to be installed with Helm ${OLDEST} or newer`, {
    code: 'HELM_MISSING',
    exit: EXIT.environment,
    suggestion: 'How to install it here: mex doctor --target k8s. Or do without it: --observability plain.',
  });
}

export class Helm {
  readonly #ref: ClusterRef;

  constructor(ref: ClusterRef) {
    this.#ref = ref;
  }

  /** Undefined: there is no such release. Unlike `helm list` it also tells of those that are half done. */
  async status(release: string, signal: AbortSignal): Promise<ReleaseState | undefined> {
    const result = await this.#run(['status', release, '--output', 'json'], LOOK_MS_MAX, signal);
    if (result.kind === 'failed' && /release: not found/.test(result.stderr)) return undefined;
    const { info = {}, version = 0 } = parsed(expectOk(`look at release ${release}`, result), release);
    return { status: info.status ?? 'unknown', description: info.description ?? '', revision: version };
  }

  /** The newest revision that did its work, before the one that is at it; undefined: none ever did. */
  async lastGoodRevision(release: string, signal: AbortSignal): Promise<number | undefined> {
    const result = await this.#run(['history', release, '--output', 'json'], LOOK_MS_MAX, signal);
    const text = expectOk(`read the history of release ${release}`, result);
    const revisions = parsed(text, release) as unknown as { revision: number; status: string }[];
    return revisions.findLast(({ status }) => status === 'deployed' || status === 'superseded')?.revision;
  }

  /** @param chart as `locateChart` tells */
  async install({ release, version, values, mark }: PinnedChart, chart: string, signal: AbortSignal): Promise<void> {
    const of = [chart, '--version', version, ...values.flatMap((path) => ['--values', path])];
    const args = ['upgrade', '--install', release, ...of, '--description', mark, '--timeout', `${WORK_S_MAX}s`];
    expectOk(`install ${release}`, await this.#run(args, WORK_MS_MAX, signal));
  }

  async rollback(release: string, revision: number, signal: AbortSignal): Promise<void> {
    const args = ['rollback', release, String(revision), '--timeout', `${WORK_S_MAX}s`];
    expectOk(`take ${release} back to revision ${revision}`, await this.#run(args, WORK_MS_MAX, signal));
  }

  /** With all that it made, and until that is gone. */
  async uninstall(release: string, signal: AbortSignal): Promise<void> {
    const args = ['uninstall', release, '--wait', '--timeout', `${WORK_S_MAX}s`];
    const result = await this.#run(args, WORK_MS_MAX, signal);
    if (result.kind === 'failed' && /release: not found/.test(result.stderr)) return;
    expectOk(`remove ${release}`, result);
  }

  /** The objects that a chart would make. */
  async render({ release, version, values }: PinnedChart, chart: string, signal: AbortSignal): Promise<string> {
    const args = ['template', release, chart, '--version', version, ...values.flatMap((path) => ['--values', path])];
    return expectOk(`render ${release}`, await this.#run(args, WORK_MS_MAX, signal));
  }

  /** What a chart in a file or folder says of itself, as YAML. */
  async show(chart: string, signal: AbortSignal): Promise<string> {
    return expectOk(`read the chart ${chart}`, await this.#run(['show', 'chart', chart], LOOK_MS_MAX, signal));
  }

  #run(args: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<CommandResult> {
    const { context, kubeconfig } = this.#ref;
    const cluster = ['--kube-context', context, ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig])];
    return tryCommand('helm', [...args, '--namespace', NAMESPACE, ...cluster], { timeoutMs, signal, env: ENVIRONMENT });
  }
}

function parsed(text: string, release: string): { info?: { status?: string; description?: string }; version?: number } {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MexError(`helm told of release ${release} in a way that mex does not understand`, {
      code: 'HELM_FAILED',
      exit: EXIT.environment,
      suggestion: 'Which helm is it? helm version',
      cause,
    });
  }
}

/** It says what went wrong after `Error:`, on one line or several; before that it logs. */
function expectOk(attempt: string, result: CommandResult): string {
  if (result.kind === 'ok') return result.stdout;
  const stderr = result.kind === 'failed' ? result.stderr : '';
  const said = /^Error: (.*)/ms.exec(stderr)?.[1] ?? stderr;
  const lines = said.split('\n').map((line) => line.trim());
  const detail = result.kind === 'failed' ? result.detail : 'it is not installed';
  throw new MexError(
    `helm could not ${attempt}: ${lines.filter(Boolean).join('; ') || 'it said nothing'} (${detail})`,
    {
      code: 'HELM_FAILED',
      exit: EXIT.environment,
      suggestion: `It was: ${result.commandLine}. To go on: mex cluster up. Without Helm: --observability plain.`,
    },
  );
}
