/**
 * For mex, beside a k6 that was started with `--paused --address ADDRESS`: run in the same container, it asks that k6 through
 * its REST API, for which k6 has no commands. All is done in `setup`, since what is thrown there ends k6 with 107.
 *
 *   ADDRESS      where that k6 has its API: `127.0.0.1:6565`
 *   ACT          `wait` until it is ready to begin; `release` it; `stop` it in good order
 *   AT           when to release it, epoch milliseconds of this machine's clock
 */
import { sleep } from 'k6';
import http from 'k6/http';

const STATUS_URL = `http://${__ENV.ADDRESS}/v1/status`;
/** k6's number for a run that has its virtual users and waits. */
const PAUSED_BEFORE_RUN = 4;
const LOOK_EVERY_SECONDS = 0.1;
/** Some nine seconds. */
const LOOKS_MAX = 90;
/** How exactly the time of a release is met. */
const TICK_SECONDS = 0.002;

export const options = { iterations: 1, vus: 1, setupTimeout: '45s' };

/** @type {Record<string, () => void>} */
const ACTS = {
  wait() {
    for (let looks = 1; ; looks++) {
      const response = http.get(STATUS_URL);
      if (response.status === 200 && response.json('data.attributes.status') === PAUSED_BEFORE_RUN) return;
      if (looks >= LOOKS_MAX) throw new Error(`k6 is not ready: ${response.body || response.error}`);
      sleep(LOOK_EVERY_SECONDS);
    }
  },
  release() {
    const atMs = Number(__ENV.AT);
    while (Date.now() < atMs) sleep(TICK_SECONDS);
    set({ paused: false });
  },
  stop() {
    set({ stopped: true });
  },
};

/** @param {Record<string, boolean>} attributes */
function set(attributes) {
  const response = http.patch(STATUS_URL, JSON.stringify({ data: { type: 'status', id: 'default', attributes } }));
  if (response.status === 200) return;
  throw new Error(`k6 answered ${response.status}: ${response.body || response.error}`);
}

export function setup() {
  const act = ACTS[__ENV.ACT ?? ''];
  if (act === undefined) throw new Error(`ACT=${__ENV.ACT}: allowed are ${Object.keys(ACTS).join(', ')}`);
  act();
  return { nowMs: Date.now() };
}

export default function nothingLeftToDo() {}

/** What mex reads: the clock of this machine. @param {{ setup_data: { nowMs: number } }} data */
export function handleSummary({ setup_data }) {
  return { stdout: JSON.stringify(setup_data) };
}
