/** `mex cluster up`, as its steps, in a world of fakes: what each found, by title, and whether any changed something. */
import type { ClusterWish } from '../../src/cluster/cluster-plan.ts';
import type { PlatformWish } from '../../src/cluster/platform-choice.ts';
import { upSteps } from '../../src/cluster/up-steps.ts';
import { FREE_PORTS, never, type World } from './fake-world.ts';

export const VERSION = '0.1.0';
export const ID = `sha256:1f2e3d4c5b6a${'0'.repeat(52)}`;
export const IMAGE = `mex:${VERSION}-1f2e3d4c5b6a`;

export interface Asked extends PlatformWish {
  context?: string;
  registry?: string;
  image?: string;
  chartFolder?: string;
}

export interface UpOutcome {
  found: Record<string, string>;
  changed: string[];
}

export async function upPlatform(
  world: World,
  asked: Asked = {},
  signal = never,
  onBegin: (title: string) => void = () => {},
): Promise<UpOutcome> {
  const { context, registry, image: name, chartFolder, ...wish } = asked;
  const own: ClusterWish = { agents: 1, ports: FREE_PORTS };
  const image = { folder: world.mexFolder, root: world.cwd, version: VERSION, registry, name };
  const cluster = context === undefined ? own : { context };
  const { steps, session } = await upSteps({ cluster, wish, image, chartFolder });
  const outcome: UpOutcome = { found: {}, changed: [] };
  try {
    for (const { title, run } of steps) {
      onBegin(title);
      const { found, changed } = await run(() => {}, signal);
      outcome.found[title] = found;
      if (changed) outcome.changed.push(title);
    }
  } finally {
    await session.close();
  }
  return outcome;
}
