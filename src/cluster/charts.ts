/** The Helm charts of Prometheus and Grafana: which, with what values, and where they are to be had. */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { PLACES, type Place } from './platform.ts';

export interface PinnedChart {
  release: string;
  /** `oci://…`; its last part is the name of the chart. */
  chart: string;
  version: string;
  /** Paths, each overriding those before it. */
  values: string[];
  /** Kept with the release: says that mex installed it, from this version and these values. */
  mark: string;
}

/** Releases of which mex may be the owner. */
export const RELEASES = ['prometheus', 'grafana'] as const;
export const MARK_BEGINS = 'mex: ';

const FOLDER = fileURLToPath(new URL('../../manifests/helm', import.meta.url));
const DIGEST_CHARACTERS = 16;

const pin = z.object({
  release: z.string(),
  chart: z.string(),
  version: z.string(),
  values: z.string(),
  places: z.partialRecord(z.enum(PLACES), z.string()).default({}),
});
const charts = z.object({ prometheus: pin, grafana: pin });

export async function pinnedCharts(place: Place): Promise<PinnedChart[]> {
  const { parse } = await import('yaml');
  const pins = charts.parse(parse(await readFile(join(FOLDER, 'charts.yaml'), 'utf8')));
  return Promise.all(RELEASES.map((name) => withMark(pins[name], place)));
}

async function withMark({ release, chart, version, values, places }: z.infer<typeof pin>, place: Place) {
  const ofPlace = places[place];
  const paths = [values, ...(ofPlace === undefined ? [] : [ofPlace])].map((file) => join(FOLDER, file));
  const digest = createHash('sha256').update(`${chart}\0${version}`);
  for (const path of paths) digest.update('\0').update(await readFile(path));
  const mark = `${MARK_BEGINS}${version} ${digest.digest('hex').slice(0, DIGEST_CHARACTERS)}`;
  return { release, chart, version, values: paths, mark };
}

/** What Helm is given for a chart: where it is pinned, or a file or folder of that name below a folder. */
export async function locateChart({ chart, version }: PinnedChart, folder: string | undefined): Promise<string> {
  if (folder === undefined) return chart;
  const name = chart.split('/').at(-1) ?? chart;
  const archive = `${name}-${version}.tgz`;
  for (const path of [resolve(folder, archive), resolve(folder, name, 'Chart.yaml')]) {
    if (await isThere(path)) return path.endsWith('Chart.yaml') ? resolve(folder, name) : path;
  }
  throw new MexError(`There is neither ${archive} nor a folder ${name} with a Chart.yaml in ${folder}`, {
    code: 'NO_CHART',
    exit: EXIT.environment,
    suggestion: `Where there is a network: helm pull ${chart} --version ${version}`,
  });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
