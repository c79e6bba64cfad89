/** Numbers as reports show them: few digits, always the unit. */
export function milliseconds(value: number | undefined): string {
  if (value === undefined) return '–';
  if (!Number.isFinite(value)) return '> all';
  if (value >= 100) return value.toFixed(0);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function perSecond(orders: number, durationMs: number): string {
  return durationMs > 0 ? `${((orders * 1_000) / durationMs).toFixed(1)}/s` : '–';
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** `2026-01-01 00:00:00 UTC`. */
export function instant(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function duration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
