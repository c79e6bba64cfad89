/**
 * One release of Helm, brought to what is pinned. What an interruption left is put right first: a first install that was
 * never done is removed, a later one is taken back to the revision before; helm alone refuses to go on from there, for ever.
 * helm's exit code is not believed: the release is looked at afterwards.
 */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { pollUntil } from '../kubernetes/poll.ts';
import { MARK_BEGINS, type PinnedChart } from './charts.ts';
import type { StepOutcome } from './cluster-steps.ts';
import type { Helm, ReleaseState } from './helm.ts';

export interface ReleaseRequest {
  helm: Helm;
  pin: PinnedChart;
  /** Finds the chart; asked only where something is to be done. */
  chart: () => Promise<string>;
  /** The release is mex's to change, whatever it says of itself. */
  owned: boolean;
  /** Called before the first of it is made. */
  onBegin: () => Promise<void>;
  pendingMsMax?: number;
}

/** A helm whose mex was killed goes on by itself, for some seconds: it only sends objects. */
const PENDING_MS_MAX = 20_000;

export async function ensureRelease(
  request: ReleaseRequest,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const { helm, pin, owned, chart, onBegin } = request;
  const { release } = pin;
  const before = await settledState(request, report, signal);
  if (before !== undefined && !owned && !isMarked(before)) throw foreign(release);
  if (isInstalled(before, pin)) return { changed: false, found: `${release} ${pin.version}` };
  const from = await chart();
  if (before !== undefined) await putRight(helm, release, before, { report, signal });
  await onBegin();
  report(`helm installs ${release} ${pin.version}`);
  await helm.install(pin, from, signal);
  const after = await helm.status(release, signal);
  if (!isInstalled(after, pin)) throw notInstalled(release, after);
  return { changed: true, found: `${before === undefined ? 'installed' : 'changed'} ${release} ${pin.version}` };
}

export function isInstalled(state: ReleaseState | undefined, { mark }: PinnedChart): boolean {
  return state?.status === 'deployed' && state.description === mark;
}

/** mex says so when it installs. What is half done says something else. */
export function isMarked({ description }: ReleaseState): boolean {
  return description.startsWith(MARK_BEGINS);
}

async function settledState(
  { helm, pin: { release }, pendingMsMax = PENDING_MS_MAX }: ReleaseRequest,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<ReleaseState | undefined> {
  let state: ReleaseState | undefined;
  const look = async (): Promise<true | undefined> => {
    state = await helm.status(release, signal);
    if (state === undefined || !state.status.startsWith('pending-')) return true;
    report(`${release} is ${state.status}: somebody may be at it`);
    return undefined;
  };
  await pollUntil(look, { limitMs: pendingMsMax, signal });
  return state;
}

async function putRight(
  helm: Helm,
  release: string,
  { status }: ReleaseState,
  { report, signal }: { report: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  if (status === 'deployed') return;
  const good = status.startsWith('uninstall') ? undefined : await helm.lastGoodRevision(release, signal);
  if (good === undefined) {
    report(`${release} is ${status}, and was never installed: removing what there is of it`);
    await helm.uninstall(release, signal);
  } else if (status !== 'failed') {
    report(`${release} is ${status}: taking it back to revision ${good}`);
    await helm.rollback(release, good, signal);
  }
}

function notInstalled(release: string, state: ReleaseState | undefined): MexError {
  const is = state === undefined ? 'is not there' : `is ${state.status}: ${state.description}`;
  return new MexError(`helm ended well, and release ${release} ${is}`, {
    code: 'HELM_FAILED',
    exit: EXIT.environment,
    suggestion: 'To go on: mex cluster up. Without Helm: mex cluster up --observability plain.',
  });
}

function foreign(release: string): MexError {
  return new MexError(`A release ${release} of Helm is in namespace monitoring already, and mex did not install it`, {
    code: 'NOT_MADE_BY_MEX',
    exit: EXIT.environment,
    suggestion: `If nobody needs it: helm uninstall ${release} --namespace monitoring. Or take a cluster without it.`,
  });
}
