import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';

export default class ServeEngine extends BaseCommand {
  static override summary = 'run one matching engine (a shard) in the foreground';
  static override description =
    'Configured by environment: SHARD_ID, SHARD_SYMBOLS, HTTP_HOST, HTTP_PORT, METRICS_PORT, KAFKA_BOOTSTRAP, KAFKA_PROXY ' +
    '(host:port of a mex serve proxy that all connections to the broker go through), WAL_PATH, WAL_SIZE_MB, ' +
    'WAL_RETENTION_MB (of published log that is kept while there is room), ' +
    'RING_BUFFER_SIZE, ACK_MODE, EVENT_DELIVERY, ADMIN_TOKEN. ' +
    'Ends with 0 after SIGTERM, 64 for bad configuration, 65 for a damaged log, 74 when the log cannot be written, ' +
    '75 when another engine has the log.';
  static override examples = [
    '<%= config.bin %> serve engine',
    'SHARD_ID=b SHARD_SYMBOLS=TEST-ASSET-E,TEST-ASSET-F HTTP_PORT=8081 WAL_PATH=/tmp/wal-b <%= config.bin %> serve engine',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    'log-level': Flags.string({
      description: 'least level of what is logged',
      options: ['debug', 'info', 'warn', 'error'],
      default: 'info',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ServeEngine);
    const { parseEngineConfig } = await import('../../engine/engine-config.ts');
    const config = parseEngineConfig(process.env);
    const [{ startEngine }, { pino }] = await Promise.all([import('../../engine/start-engine.ts'), import('pino')]);
    const logger = pino({ level: flags['log-level'] });
    const { shardId } = config;
    const engine = await startEngine(config, { tell: (sentence) => logger.info({ shardId }, sentence) });
    try {
      logger.info({ shardId, httpPort: engine.httpPort, metricsPort: engine.metricsPort }, 'ready');
      const failure = await Promise.race([engine.failure, aborted(this.signal)]);
      if (failure !== null) throw failure;
      logger.info({ shardId }, 'stopping');
    } finally {
      await engine.close();
    }
    logger.info({ shardId }, 'stopped');
  }
}

async function aborted(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return null;
}
