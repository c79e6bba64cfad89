import { once } from 'node:events';
import { BaseCommand } from '../../cli/base-command.ts';

export default class ServeBroker extends BaseCommand {
  static override summary = 'run a stand-in for a Kafka broker in the foreground';
  static override description =
    "For machines without a broker: one node that speaks Kafka's protocol and keeps its log on disk, without " +
    'replication, transactions or deletion of old records. Topics are created by request, never by being used. ' +
    'Configured by environment: BROKER_PORT (9092; 0 picks a free one), BROKER_DATA (/tmp/mex-broker), HTTP_HOST ' +
    '(127.0.0.1), BROKER_ADVERTISED (host:port told to clients), BROKER_SIZE_MB (4096, then nothing more is taken). ' +
    'Logs JSON lines; ends with 0 after SIGTERM, 64 for bad configuration, 74 when the port or the folder cannot be ' +
    'used, 75 when another broker has the folder.';
  static override enableJsonFlag = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'BROKER_PORT=9192 BROKER_DATA=/tmp/broker <%= config.bin %> <%= command.id %>',
  ];

  async run(): Promise<void> {
    await this.parse(ServeBroker);
    const { readBrokerConfig } = await import('../../broker/broker-config.ts');
    const config = readBrokerConfig(process.env);
    const [{ startBroker }, { pino }] = await Promise.all([import('../../broker/start-broker.ts'), import('pino')]);
    const log = pino({ base: { role: 'broker' } }, pino.destination({ sync: true }));
    const broker = await startBroker(config, (sentence) => log.warn(sentence));
    // The field by which targets find the port of any server.
    log.info({ httpPort: broker.port }, 'ready');
    if (!this.signal.aborted) await once(this.signal, 'abort');
    await broker.close();
    log.info('stopped');
  }
}
