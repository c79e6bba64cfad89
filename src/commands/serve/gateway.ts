import { once } from 'node:events';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseGatewayConfig } from '../../gateway/gateway-config.ts';

export default class ServeGateway extends BaseCommand {
  static override summary = 'run the edge gateway in the foreground';
  static override description =
    'Logs JSON lines to stdout (to stderr with --json) and says "ready" with its ports once both are open. ' +
    'SIGTERM or Ctrl-C finishes what is in flight and exits 0.\n\n' +
    'Environment: HTTP_HOST (127.0.0.1), HTTP_PORT (8080), METRICS_PORT (9091), ME_SHARD_MAP, SHARD_SYMBOLS_MAP, ' +
    'SHARD_TIMEOUT_MS (5000), SHARD_CONNECT_TIMEOUT_MS (2000), SHARD_CONNECTIONS (64), SHARD_QUEUE (256).';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'HTTP_PORT=8081 ME_SHARD_MAP=a=http://127.0.0.1:8082 SHARD_SYMBOLS_MAP=a=TEST-ASSET-A:TEST-ASSET-B <%= config.bin %> <%= command.id %>',
  ];

  async run(): Promise<{ httpPort: number; metricsPort: number }> {
    await this.parse(ServeGateway);
    const config = parseGatewayConfig(process.env);
    const [{ pino }, { startGateway }] = await Promise.all([import('pino'), import('../../gateway/start-gateway.ts')]);
    const log = pino(
      { base: { component: 'edge-gateway' }, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: this.jsonEnabled() ? 2 : 1, sync: true }),
    );
    const gateway = await startGateway(config);
    const { httpPort, metricsPort } = gateway;
    log.info({ httpPort, metricsPort }, 'ready');
    if (!this.signal.aborted) await once(this.signal, 'abort');
    log.info('draining');
    await gateway.close();
    log.info('stopped');
    return { httpPort, metricsPort };
  }
}
