/** The publisher in a thread of its own: what it allocates and waits for does not touch the thread that matches. */
import { runPublisher } from './run-publisher.ts';

await runPublisher();
