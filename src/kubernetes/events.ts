/** What the cluster has said lately of one object, the newest last. */
import type { KubeApi } from './kube-api.ts';
import type { EventObject } from './object-types.ts';
import { listObjects } from './objects.ts';

/** @param of such as `{ 'involvedObject.uid': uid }` */
export async function eventsAbout(
  api: KubeApi,
  namespace: string,
  of: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<EventObject[]> {
  const events = await listObjects<EventObject>(api, 'Event', { namespace, fields: of }, signal);
  return events.toSorted((left, right) => atMs(left) - atMs(right));
}

/** How often it was said. */
export function timesSaid({ series, count }: EventObject): number {
  return series?.count ?? count ?? 1;
}

function atMs({ series, lastTimestamp, eventTime, metadata }: EventObject): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return time === undefined ? 0 : Date.parse(time);
}
