/** Numbers as sentences use them. The judge's own, so that a verdict reads the same in every report. */
export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return '∞ ms';
  const size = Math.abs(value);
  if (size >= 100) return `${value.toFixed(0)} ms`;
  if (size >= 1) return `${value.toFixed(2)} ms`;
  return `${value.toFixed(4)} ms`;
}

export function percent(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '∞';
}

export function perMinute(value: number): string {
  return `${whole(value)}/min`;
}

/** `1:30` of an offset from the phase's start. */
export function clock(offsetMs: number): string {
  const seconds = Math.round(offsetMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
