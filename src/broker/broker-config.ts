/** The broker's environment, read once at the edge: every problem at once. */
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

export interface BrokerConfig {
  host: string;
  port: number;
  /** Where clients are told to find it; null: where it listens. */
  advertised: { host: string; port: number } | null;
  folder: string;
  /** Of all topics together. */
  bytesMax: number;
}

const HOST_PATTERN = /^[A-Za-z0-9.:-]{1,253}$/;
const ADDRESS_PATTERN = /^([A-Za-z0-9.-]{1,253}):(\d{1,5})$/;
const PORT_MAX = 65_535;
const MEGABYTES_MAX = 1_048_576;

export function readBrokerConfig(environment: Readonly<Record<string, string | undefined>>): BrokerConfig {
  const problems: string[] = [];
  const read = (name: string, fallback: string, allowed: string, isAllowed: (value: string) => boolean): string => {
    const value = environment[name] ?? fallback;
    if (!isAllowed(value)) problems.push(`${name}=${value}: allowed is ${allowed}`);
    return value;
  };
  const isWholeUpTo = (high: number, low: number) => (value: string) => {
    return /^\d{1,8}$/.test(value) && Number(value) >= low && Number(value) <= high;
  };
  const isAddress = (value: string) => value === '' || Number(ADDRESS_PATTERN.exec(value)?.[2] ?? 0) > 0;
  const host = read('HTTP_HOST', '127.0.0.1', 'a host name or an address', (value) => HOST_PATTERN.test(value));
  const port = read('BROKER_PORT', '9092', `a whole number from 0 to ${PORT_MAX}`, isWholeUpTo(PORT_MAX, 0));
  const folder = read(
    'BROKER_DATA',
    '/tmp/mex-broker',
    'the path of a folder',
    (path) => path !== '' && !path.includes('\0'),
  );
  const megabytes = read(
    'BROKER_SIZE_MB',
    '4096',
    `a whole number from 1 to ${MEGABYTES_MAX}`,
    isWholeUpTo(MEGABYTES_MAX, 1),
  );
  const advertised = read('BROKER_ADVERTISED', '', 'host:port, or nothing', isAddress);
  if (problems.length > 0) throw new MexError(problems.join('\n'), { code: 'CONFIG', exit: SERVER_EXIT.config });
  const [, advertisedHost, advertisedPort] = ADDRESS_PATTERN.exec(advertised) ?? [];
  return {
    host,
    port: Number(port),
    advertised: advertisedHost === undefined ? null : { host: advertisedHost, port: Number(advertisedPort) },
    folder,
    bytesMax: Number(megabytes) * 1024 * 1024,
  };
}
