/** Makes topics that are missing; those that are there are left as they are. */
import type { Kafka } from 'kafkajs';

/** As many copies as the cluster makes by default. */
const REPLICATION = -1;

export async function createTopics(client: Kafka, topics: readonly string[], partitions: number): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    const there = await admin.listTopics();
    const missing = topics.filter((topic) => !there.includes(topic));
    if (missing.length === 0) return;
    const wanted = missing.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: REPLICATION }));
    await admin.createTopics({ topics: wanted, waitForLeaders: true });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
