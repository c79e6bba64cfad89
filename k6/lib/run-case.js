/** A script is a case: this is all that it does. */
import { sha256 } from 'k6/crypto';
import exec from 'k6/execution';
import { frameSummary } from '../../src/load/k6/summary-frame.ts';
import { experimentOf, newRunId, plan } from './config.js';
import { sendOrder } from './orderGenerator.js';
import { replenishBooks, seedBooks } from './seedHelper.js';

/** @param {import('../../src/experiment/cases.ts').CaseId} id */
export function runCase(id) {
  const { experiment, ordersUrl, resetUrls, options } = experimentOf(id);

  /** What a scenario works on. @param {{ runId: string }} data */
  const books = ({ runId }) => {
    const index = Number(__ENV.PHASE);
    const phase = experiment.phases[index];
    if (phase === undefined) throw new Error(`${id} has no phase ${index}`);
    return { phase, ordersUrl, resetUrls, idPrefix: idPrefixOf(runId, index) };
  };
  /** @param {string} runId @param {number} index */
  const idPrefixOf = (runId, index) => plan?.idPrefix ?? `${runId}-${id}.${index}`;

  return {
    options,

    /** Before the first phase; `prepare` is the same before a later one. */
    setup() {
      const runId = __ENV.RUN_ID || newRunId();
      const [phase] = experiment.phases;
      if (plan === undefined && phase !== undefined)
        seedBooks({ phase, ordersUrl, resetUrls, idPrefix: idPrefixOf(runId, 0) });
      return { runId };
    },

    /** Over the wrong books nothing more is measured. @param {{ runId: string }} data */
    prepare(data) {
      try {
        seedBooks(books(data));
      } catch (thrown) {
        exec.test.abort(`the books of the next phase could not be made: ${thrown}`);
      }
    },

    /** @param {{ runId: string }} data */
    orders(data) {
      const { phase, idPrefix } = books(data);
      const flow = phase.flows.find(({ name }) => name === __ENV.FLOW);
      if (flow === undefined) throw new Error(`${exec.scenario.name} has no flow ${__ENV.FLOW}`);
      sendOrder(flow, { ordersUrl, idPrefix });
    },

    /** @param {{ runId: string }} data */
    replenish(data) {
      replenishBooks(books(data));
    },

    /** For mex the whole of it, as JSON, in a frame where it goes into a log; for a person, who is given nothing in its
     * place, k6's own. @param {unknown} data */
    handleSummary(data) {
      if (plan === undefined) return undefined;
      const text = JSON.stringify(data);
      return { stdout: __ENV.SUMMARY === 'framed' ? frameSummary(text, (whole) => sha256(whole, 'hex')) : text };
    },
  };
}
