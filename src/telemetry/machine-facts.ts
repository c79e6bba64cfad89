/** What a run ran on. Null where the system does not tell. */
import { readFile } from 'node:fs/promises';
import os from 'node:os';

export interface MachineFacts {
  cpuModel: string | null;
  cores: number;
  memoryBytes: number;
  memoryFreeBytes: number;
  os: string;
  kernel: string;
  arch: string;
  nodeVersion: string;
  /** Over 1, 5 and 15 minutes. */
  loadAverages: number[];
  /** The kernel's clock source: `tsc` is good, `hpet` and `acpi_pm` make every clock reading slow. */
  clockSource: string | null;
  /** `docker`, `kubernetes`, `podman`, or another kind of container. */
  container: string | null;
  wsl: boolean;
}

export async function readMachineFacts(): Promise<MachineFacts> {
  const [release, clockSource, container] = await Promise.all([
    textOf('/etc/os-release'),
    textOf('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    containerKind(),
  ]);
  return {
    cpuModel: os.cpus()[0]?.model.trim() || null,
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    memoryFreeBytes: os.freemem(),
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(release ?? '')?.[1] ?? os.version(),
    kernel: `${os.type()} ${os.release()}`,
    arch: os.arch(),
    nodeVersion: process.version,
    loadAverages: os.loadavg(),
    clockSource: clockSource?.trim() ?? null,
    container,
    wsl: /microsoft/i.test(os.release()),
  };
}

async function containerKind(): Promise<string | null> {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'kubernetes';
  if ((await textOf('/.dockerenv')) !== null) return 'docker';
  if ((await textOf('/run/.containerenv')) !== null) return 'podman';
  return process.env.container ?? null;
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
