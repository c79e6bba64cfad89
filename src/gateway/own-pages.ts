/** The pages that the gateway answers itself. They are not counted: metrics are about what goes to shards. */
import { jsonReply, type Reply } from './gateway-reply.ts';
import type { Route } from './routes.ts';
import type { ShardClient } from './shard-client.ts';
import type { ShardMap } from './shard-map.ts';

export type OwnPage = Extract<Route, { kind: 'own' }>['page'];

const COMPONENT = 'edge-gateway';

export async function ownPage(
  page: OwnPage,
  map: ShardMap,
  state: { clients: ReadonlyMap<string, ShardClient>; stopping: boolean },
): Promise<Reply> {
  if (page === 'health') return jsonReply(200, { status: 'UP', component: COMPONENT });
  return page === 'routes' ? routesPage(map) : readyPage(state);
}

function routesPage({ shards }: ShardMap): Reply {
  return jsonReply(200, {
    routes: Object.fromEntries(shards.flatMap(({ id, symbols }) => symbols.map((symbol) => [symbol, id]))),
    shards: Object.fromEntries(shards.map(({ id, origin }) => [id, origin])),
  });
}

/** Ready when every shard is. The question takes the way that orders take, so a full queue is not ready either. */
async function readyPage(state: { clients: ReadonlyMap<string, ShardClient>; stopping: boolean }): Promise<Reply> {
  if (state.stopping) return notReady('Gateway is stopping', {});
  const found = await Promise.all(
    [...state.clients].map(async ([id, client]): Promise<[string, string]> => {
      const result = await client.send({ method: 'GET', path: '/ready', headers: {} });
      if (result.kind !== 'answer') return [id, result.kind];
      return [id, result.status === 200 ? 'ready' : `not ready (status ${result.status})`];
    }),
  );
  const shards = Object.fromEntries(found);
  const missing = found.filter(([, answer]) => answer !== 'ready').map(([id]) => id);
  if (missing.length > 0) return notReady(`Shards not ready: ${missing.join(', ')}`, shards);
  return jsonReply(200, { status: 'READY', component: COMPONENT, shards });
}

function notReady(error: string, shards: Record<string, string>): Reply {
  return jsonReply(503, { status: 'NOT_READY', component: COMPONENT, error, shards, outcome: 'not_accepted' });
}
