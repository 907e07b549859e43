/**
 * Requests to two versions, drawn scrape by scrape: how many each got, how many failed, how long the answers took. The share of
 * the canary is asked for anew each time, as a policy sets it.
 */

import { binomial, factor, gamma, lognormal, poisson, type Random } from "./draws.ts";
import { BLOCK_SECONDS, type Burst, NOISES, type Noise, type NoiseName } from "./noise.ts";

export interface Setting {
  readonly requestsPerSecond: number;
  /** Failure rates, 0 to 1. */
  readonly stable: number;
  readonly canary: number;
  /** All of the canary's latencies are so many times as long. */
  readonly latencyRatio: number;
  /** That part of its requests takes eight times as long. */
  readonly slowTail: number;
  readonly noise: NoiseName;
  /** Seconds until the canary becomes what it is; before that it is as good as stable. */
  readonly onset: number;
}

export const GOOD_SETTING: Setting = {
  ...{ requestsPerSecond: 50, stable: 0.005, canary: 0.005, latencyRatio: 1, slowTail: 0, noise: "poisson", onset: 0 },
};

/** Bounds of Linkerd's histogram that matter here, in milliseconds. */
export const BOUNDS: readonly number[] = [50, 100, 200, 300, 400, 500, 1000, 2000];
/** Lognormal latency: P50 80 ms, P99 323 ms. */
const MEDIAN_MS = 80;
const DEVIATION = 0.6;
const TAIL_RATIO = 8;

export interface Arm {
  readonly requests: number;
  readonly failures: number;
  /** Slower than each of BOUNDS. */
  readonly over: readonly number[];
}

export interface Sample {
  readonly seconds: number;
  readonly canary: Arm;
  readonly stable: Arm;
}

export interface Traffic {
  readonly setting: Setting;
  /** The next scrape, with this share for the canary. */
  next(share: number, seconds: number): Sample;
  /** Stable alone, before the release. */
  past(seconds: number): Arm;
}

interface Weather {
  readonly block: number;
  readonly shared: number;
  readonly canary: number;
  readonly stable: number;
  readonly incident: boolean;
  readonly canaryBurst: boolean;
  readonly stableBurst: boolean;
  readonly canaryLatency: number;
  readonly stableLatency: number;
}

export function createTraffic(setting: Setting, random: Random): Traffic {
  const noise: Noise = NOISES[setting.noise];
  const lasting = lognormal(random, noise.lasting);
  const latencyLasting = lognormal(random, noise.latencyLasting);
  let weather: Weather | undefined;
  let time = 0;

  function now(): Weather {
    const block = Math.floor((time + 1e-9) / BLOCK_SECONDS);
    if (weather?.block !== block) weather = nextWeather(noise, weather, block, random);
    return weather;
  }

  return {
    setting,
    next(share, seconds) {
      const { shared, canary, stable, incident, canaryBurst, stableBurst, canaryLatency, stableLatency } = now();
      const isOn = time >= setting.onset - 1e-9;
      const added = incident ? noise.incident.adds : 0;
      const excess = isOn ? Math.max(0, setting.canary - setting.stable) : 0;
      const all = poisson(random, setting.requestsPerSecond * seconds);
      const asked = binomial(random, all, share);
      const canaryRate = setting.stable * shared * canary * lasting + excess * canary + added + (canaryBurst ? noise.burst.adds : 0);
      const stableRate = setting.stable * shared * stable + added + (stableBurst ? noise.burst.adds : 0);
      const failures = [failed(random, asked, canaryRate, noise.cluster), failed(random, all - asked, stableRate, noise.cluster)] as const;
      const ratio = canaryLatency * latencyLasting * (isOn ? setting.latencyRatio : 1);
      time += seconds;
      return {
        seconds,
        canary: { requests: asked, failures: failures[0], over: slower(random, asked, ratio, isOn ? setting.slowTail : 0) },
        stable: { requests: all - asked, failures: failures[1], over: slower(random, all - asked, stableLatency, 0) },
      };
    },
    past(seconds) {
      const requests = poisson(random, setting.requestsPerSecond * seconds);
      return { requests, failures: binomial(random, requests, setting.stable), over: slower(random, requests, 1, 0) };
    },
  };
}

function nextWeather(noise: Noise, before: Weather | undefined, block: number, random: Random): Weather {
  const latency = lognormal(random, noise.latencyShared);
  return {
    block,
    shared: factor(random, noise.shared),
    canary: factor(random, noise.own),
    stable: factor(random, noise.own),
    incident: goesOn(before?.incident ?? false, noise.incident, random),
    canaryBurst: goesOn(before?.canaryBurst ?? false, noise.burst, random),
    stableBurst: goesOn(before?.stableBurst ?? false, noise.burst, random),
    canaryLatency: latency * lognormal(random, noise.latencyOwn),
    stableLatency: latency * lognormal(random, noise.latencyOwn),
  };
}

function goesOn(isOn: boolean, { begins, blocks }: Burst, random: Random): boolean {
  if (begins === 0) return false;
  return isOn ? random() > 1 / blocks : random() < begins;
}

/** In clusters of geometric sizes: retries, one connection, one customer. */
function failed(random: Random, requests: number, rate: number, cluster: number): number {
  const p = Math.min(1, Math.max(0, rate));
  if (cluster <= 1 || p >= 0.5) return binomial(random, requests, p);
  const clusters = poisson(random, (requests * p) / cluster);
  if (clusters === 0) return 0;
  return Math.min(requests, clusters + poisson(random, gamma(random, clusters, cluster - 1)));
}

/** Of so many requests, how many are slower than each bound. */
function slower(random: Random, requests: number, ratio: number, tail: number): number[] {
  let left = requests;
  let before = 1;
  return BOUNDS.map((bound) => {
    const z = (Math.log(bound / MEDIAN_MS) - Math.log(ratio)) / DEVIATION;
    const part = (1 - tail) * above(z) + (tail > 0 ? tail * above(z - Math.log(TAIL_RATIO) / DEVIATION) : 0);
    left = binomial(random, left, before > 0 ? part / before : 0);
    before = part;
    return left;
  });
}

/** P(Z > z) of a standard normal Z, to seven digits (M. Abramowitz and I. Stegun, 26.2.17). */
function above(z: number): number {
  if (z < 0) return 1 - above(-z);
  const t = 1 / (1 + 0.231_641_9 * z);
  const series = t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
