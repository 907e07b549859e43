/** Random draws of the distributions that traffic is made of. `random` is uniform in [0, 1). */

export type Random = () => number;

/** Beyond so many expected events a normal draw is as good. */
const MANY = 40;

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function lognormal(random: Random, deviation: number): number {
  return deviation > 0 ? Math.exp(deviation * normal(random)) : 1;
}

export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let events = 0;
  for (let product = random(); product > limit; product *= random()) events += 1;
  return events;
}

export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  if (n * p > MANY) return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal(random))));
  return byWaiting(random, n, p);
}

/** From success to success: as many draws as there are successes (L. Devroye, "Non-Uniform Random Variate Generation", 1986, X.4). */
function byWaiting(random: Random, n: number, p: number): number {
  const never = Math.log1p(-p);
  let successes = 0;
  for (let tries = 0; ; successes += 1) {
    tries += Math.floor(Math.log(1 - random()) / never) + 1;
    if (tries > n) return successes;
  }
}

/** Mean `shape` x `scale` (G. Marsaglia and W. Tsang, "A Simple Method for Generating Gamma Variables", 2000). */
export function gamma(random: Random, shape: number, scale: number): number {
  if (shape < 1) return gamma(random, shape + 1, scale) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v * scale;
  }
}

/** Around 1 with this coefficient of variation. */
export function factor(random: Random, variation: number): number {
  return variation > 0 ? gamma(random, 1 / variation ** 2, variation ** 2) : 1;
}
