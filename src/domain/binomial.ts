/**
 * Exact tails of the binomial distribution, for n up to a million and probabilities far below what floating point can
 * subtract from 1.
 *
 * One term comes from the saddle-point form of the density (C. Loader, "Fast and Accurate Computation of Binomial
 * Probabilities", 2000), which loses no digits at large n; the rest of the tail follows by the ratio of neighbours.
 */

/** P(X >= k) for X ~ Binomial(n, p). */
export function upperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  return k > n * p ? sumUp(k, n, p) : 1 - sumDown(k - 1, n, p);
}

/** P(X <= k) for X ~ Binomial(n, p). */
export function lowerTail(k: number, n: number, p: number): number {
  if (k >= n) return 1;
  if (k < 0 || p >= 1) return 0;
  if (p <= 0) return 1;
  return k < n * p ? sumDown(k, n, p) : 1 - sumUp(k + 1, n, p);
}

/** From k upwards, where the terms fall. */
function sumUp(k: number, n: number, p: number): number {
  const odds = p / (1 - p);
  let term = 1;
  let sum = 0;
  for (let i = k; i <= n && term > sum * Number.EPSILON; i++) {
    sum += term;
    term *= ((n - i) / (i + 1)) * odds;
  }
  return Math.min(1, Math.exp(logDensity(k, n, p)) * sum);
}

/** From k downwards, where the terms fall. */
function sumDown(k: number, n: number, p: number): number {
  const odds = (1 - p) / p;
  let term = 1;
  let sum = 0;
  for (let i = k; i >= 0 && term > sum * Number.EPSILON; i--) {
    sum += term;
    term *= (i / (n - i + 1)) * odds;
  }
  return Math.min(1, Math.exp(logDensity(k, n, p)) * sum);
}

function logDensity(k: number, n: number, p: number): number {
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const corrections = stirlingError(n) - stirlingError(k) - stirlingError(n - k);
  const deviances = deviance(k, n * p) + deviance(n - k, n * (1 - p));
  return corrections - deviances - 0.5 * Math.log((2 * Math.PI * k * (n - k)) / n);
}

/** x ln(x/m) + m - x, without cancellation where x is near m: with v = (x-m)/(x+m), ln(x/m) = 2 (v + v^3/3 + v^5/5 + ...). */
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m);
  if (Math.abs(v) > 0.1) return x * Math.log(x / m) + m - x;
  let sum = (x - m) * v;
  let power = 2 * x * v;
  for (let j = 3; j < 60; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** ln n! less Stirling's approximation of it. */
function stirlingError(n: number): number {
  if (n < 16) return logFactorial(n) - ((n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI));
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n;
}

function logFactorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return Math.log(product);
}
