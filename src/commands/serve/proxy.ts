import { once } from 'node:events';
import { BaseCommand } from '../../cli/base-command.ts';

export default class ServeProxy extends BaseCommand {
  static override summary = 'run the proxy between engines and their broker that can be told to misbehave';
  static override description =
    'Configured by environment: PROXY_UPSTREAMS (host:port of the brokers, comma separated), PROXY_PORT and HTTP_PORT (0 ' +
    'picks a free one), HTTP_HOST (127.0.0.1). PUT /fault {"fault":{"kind":"refuse"},"leaseMs":5000} begins or prolongs a ' +
    'fault (refuse, black-hole, slow, or pause of a process), DELETE /fault ends it; one that is not prolonged ends by itself.';
  static override enableJsonFlag = false;
  static override examples = ['PROXY_UPSTREAMS=127.0.0.1:9092 PROXY_PORT=9192 <%= config.bin %> <%= command.id %>'];

  async run(): Promise<void> {
    await this.parse(ServeProxy);
    const { readProxyConfig, startProxy } = await import('../../faults/start-proxy.ts');
    const config = readProxyConfig(process.env);
    const { pino } = await import('pino');
    const log = pino({ base: { role: 'proxy' } }, pino.destination({ sync: true }));
    const proxy = await startProxy(config);
    // Targets find both ports of a server by these two fields.
    log.info({ httpPort: proxy.httpPort, metricsPort: proxy.proxyPort }, 'ready');
    if (!this.signal.aborted) await once(this.signal, 'abort');
    await proxy.close();
    log.info('stopped');
  }
}
