/** Figures for people. */

/** `1204` as "1,204". */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share of good ones, rounded down, so that 100 % means all; undefined of nothing. */
export function percentGood(bad: number, all: number): string | undefined {
  if (all === 0) return undefined;
  return `${(Math.floor((10_000 * (all - bad)) / all) / 100).toFixed(2)}%`;
}

/** A fraction without the digits that floating point adds: 0.99 as "99%". */
export function percent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(6))}%`;
}

export function milliseconds(ms: number): string {
  return ms >= 1_000 && ms % 100 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
