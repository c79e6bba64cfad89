/** A port of a node may refuse for a second after a rollout is done: this waits until somebody answers there. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { pollUntil } from './poll.ts';

export interface AnswerOptions {
  limitMs?: number;
  everyMs?: number;
  /** Which answers will do. Default: any below 500. */
  isAnswer?: (status: number) => boolean;
}

/** kube-proxy writes its rules once a second; on a busy machine later. */
const ANSWER_MS_MAX = 15_000;
const ONE_ANSWER_MS_MAX = 2_000;
const LOOK_EVERY_MS = 200;

/** @throws MexError `NO_ANSWER` with what was last found there; the signal's reason when aborted. */
export async function waitUntilAnswers(url: string, options: AnswerOptions, signal: AbortSignal): Promise<void> {
  const { limitMs = ANSWER_MS_MAX, everyMs = LOOK_EVERY_MS, isAnswer = (status) => status < 500 } = options;
  const { request } = await import('undici');
  let found = 'nothing';
  const look = async (): Promise<true | undefined> => {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ONE_ANSWER_MS_MAX)]);
      const { statusCode, body } = await request(url, { signal: limit });
      await body.dump();
      found = `status ${statusCode}`;
      return isAnswer(statusCode) ? true : undefined;
    } catch (thrown) {
      signal.throwIfAborted();
      found = messageOf(thrown);
      return undefined;
    }
  };
  if ((await pollUntil(look, { limitMs, everyMs, signal })) !== undefined) return;
  throw new MexError(`Nobody answers at ${url} after ${limitMs / 1_000} s: ${found}`, {
    code: 'NO_ANSWER',
    exit: EXIT.environment,
    suggestion: 'See: mex cluster status',
  });
}
