import { once } from 'node:events';
import { BaseCommand } from '../../cli/base-command.ts';

export default class ServeCollector extends BaseCommand {
  static override summary = 'scrape the metrics of the servers once a second and answer what was measured';
  static override description =
    'Configured by environment: COLLECTOR_TARGETS (name=url,…), HTTP_PORT (9090; 0 picks a free one), HTTP_HOST ' +
    '(127.0.0.1). Logs JSON lines; SIGTERM stops it with exit code 0.';
  static override enableJsonFlag = false;
  static override examples = [
    'COLLECTOR_TARGETS=engine-a=http://127.0.0.1:9091/metrics <%= config.bin %> <%= command.id %>',
  ];

  async run(): Promise<void> {
    await this.parse(ServeCollector);
    const { readCollectorConfig } = await import('../../telemetry/collector/collector-config.ts');
    const { startCollector } = await import('../../telemetry/collector/start-collector.ts');
    const { pino } = await import('pino');
    const log = pino({ base: { role: 'collector' } }, pino.destination({ sync: true }));
    const collector = await startCollector(readCollectorConfig(process.env));
    log.info({ httpPort: collector.httpPort }, 'ready');
    if (!this.signal.aborted) await once(this.signal, 'abort');
    await collector.stop();
    log.info('stopped');
  }
}
