/** How to get each tool on this machine: lines to paste, never run by mex. Pure. */
import type { Machine } from './machine.ts';
import { TESTED_VERSIONS } from './tested-versions.ts';

export type ToolName = 'docker' | 'docker daemon' | 'k3d' | 'kubectl' | 'helm' | 'k6' | 'prometheus' | 'git';

const [K6_RELEASE] = TESTED_VERSIONS.k6;
const [, PROMETHEUS_RELEASE] = TESTED_VERSIONS.prometheus;

const MACOS: Record<ToolName, string> = {
  docker: 'brew install --cask docker',
  'docker daemon': 'open -a Docker',
  k3d: 'brew install k3d',
  kubectl: 'brew install kubectl',
  helm: 'brew install helm',
  k6: 'brew install k6',
  prometheus: 'brew install prometheus',
  git: 'xcode-select --install',
};

export function installHint(tool: ToolName, machine: Pick<Machine, 'platform' | 'arch' | 'wsl'>): string {
  if (machine.platform === 'darwin') return MACOS[tool];
  if (machine.platform !== 'linux') return 'In PowerShell: wsl --install. Then run mex inside of it.';
  if (machine.wsl !== 'no' && (tool === 'docker' || tool === 'docker daemon')) {
    return 'Start Docker Desktop and turn on Settings > Resources > WSL integration for this distribution.';
  }
  return linuxHint(tool, machine.arch === 'arm64' ? 'arm64' : 'amd64');
}

function linuxHint(tool: ToolName, arch: string): string {
  switch (tool) {
    case 'docker':
      return 'curl -fsSL https://get.docker.com | sudo sh';
    case 'docker daemon':
      return 'sudo systemctl start docker && sudo usermod -aG docker "$USER" && newgrp docker';
    case 'k3d':
      return 'curl -fsSL https://raw.githubusercontent.com/k3d-io/k3d/main/install.sh | bash';
    case 'kubectl':
      return (
        `curl -fsSLO "https://dl.k8s.io/release/$(curl -fsSL https://dl.k8s.io/release/stable.txt)/bin/linux/${arch}/kubectl"` +
        ' && sudo install -m 0755 kubectl /usr/local/bin/kubectl'
      );
    case 'helm':
      return 'curl -fsSL https://raw.githubusercontent.com/helm/helm/main/scripts/get-helm-3 | bash';
    case 'k6': {
      const name = `k6-v${K6_RELEASE}-linux-${arch}`;
      const url = `https://github.com/grafana/k6/releases/download/v${K6_RELEASE}/${name}.tar.gz`;
      return `curl -fsSL ${url} | sudo tar -xz -C /usr/local/bin --strip-components=1 ${name}/k6`;
    }
    case 'prometheus': {
      const name = `prometheus-${PROMETHEUS_RELEASE}.linux-${arch}`;
      const url = `https://github.com/prometheus/prometheus/releases/download/v${PROMETHEUS_RELEASE}/${name}.tar.gz`;
      const unpack = `sudo tar -xz -C /usr/local/bin --strip-components=1 ${name}/prometheus ${name}/promtool`;
      return `sudo apt-get install -y prometheus || curl -fsSL ${url} | ${unpack}`;
    }
    case 'git':
      return 'sudo apt-get install -y git || sudo dnf install -y git';
  }
}
