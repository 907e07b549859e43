/**
 * What the comparison remembers of a release: plain numbers, versioned, about 3 kB for five streams. Written and read again it
 * goes on exactly as it would have. An unknown version is never guessed at.
 */
import { isMeasure } from "../../domain/measure.ts";
import { type Layout, ratiosOf, streamNames } from "./combine.ts";
import type { GuardConfig, GuardParams } from "./params.ts";
import { type StreamState, startStream } from "./stream.ts";

/** An alias, not an interface: it must fit the loose object of the status schema. */
export type GuardState = {
  readonly version: 1;
  readonly clientErrors: boolean;
  /** As chosen at the start (`bounds.ts`), in milliseconds. */
  readonly bounds: readonly number[];
  readonly step: number;
  /** Seconds of this step at its full share. */
  readonly stepSeconds: number;
  /** Seconds and scrapes of the whole release, and requests of both versions in it. */
  readonly seconds: number;
  readonly scrapes: number;
  readonly requests: number;
  /** The D of the step; null until its first scrape. */
  readonly margin: number | null;
  readonly cuts: number;
  readonly e: number;
  readonly maxE: number;
  /** Seconds of the running block. */
  readonly blockSeconds: number;
  readonly usual: StableHistory;
  readonly ended: "Promote" | "Rollback" | null;
  /** In the order of `streamNames`. */
  readonly streams: readonly StreamState[];
};

/** Stable alone: 10 minutes or more before the release, and the release itself. */
export type StableHistory = {
  readonly requests: number;
  readonly failures: number;
  /** Requests per second before the release; null: not known. */
  readonly rate: number | null;
  /** Answers with a latency, and how many of them were slower than each bound (the neighbour's first). */
  readonly answers: number;
  readonly over: readonly number[];
};

export function startState(params: GuardParams, layout: Layout, history?: StableHistory): GuardState {
  const { clientErrors, bounds } = layout;
  return {
    version: 1,
    clientErrors,
    bounds,
    step: 0,
    stepSeconds: 0,
    seconds: 0,
    scrapes: 0,
    requests: 0,
    margin: null,
    cuts: 0,
    e: 1,
    maxE: 1,
    blockSeconds: 0,
    usual: history ?? { requests: 0, failures: 0, rate: null, answers: 0, over: bounds.map(() => 0) },
    ended: null,
    streams: streamNames(layout).map((name) => startStream(ratiosOf(name, params), params)),
  };
}

/**
 * The stored state; undefined where nothing is stored, where what is stored is not of this version and shape, or where it
 * belongs to other steps or alternatives than these. Undefined of something stored means: hold, raise nothing.
 */
export function guardStateOf(stored: unknown, { params, steps }: GuardConfig): GuardState | undefined {
  const state = stored as GuardState | undefined | null;
  if (state?.version !== 1 || typeof state.clientErrors !== "boolean" || !isAscending(state.bounds)) return undefined;
  const names = streamNames(state);
  const whole =
    hasClocks(state) &&
    state.step < steps.length &&
    isHistory(state.usual, state.bounds.length) &&
    [null, "Promote", "Rollback"].includes(state.ended) &&
    Array.isArray(state.streams) &&
    state.streams.length === names.length &&
    state.streams.every((stream, index) => isStream(stream, ratiosOf(names[index]!, params).length, params.gains.length));
  return whole ? state : undefined;
}

function hasClocks(state: GuardState): boolean {
  const { step, cuts, scrapes, stepSeconds, seconds, requests, blockSeconds, e, maxE, margin } = state;
  const whole = [step, cuts, scrapes].every((count) => isMeasure(count) && Number.isInteger(count));
  return whole && [stepSeconds, seconds, requests, blockSeconds, e, maxE].every(isMeasure) && (margin === null || isMeasure(margin));
}

function isHistory(usual: StableHistory | undefined, bounds: number): boolean {
  if (!isObject(usual)) return false;
  const { requests, failures, rate, answers, over } = usual;
  return [requests, failures, answers].every(isMeasure) && (rate === null || isMeasure(rate)) && isList(over, bounds, isMeasure);
}

export function isStream(stream: StreamState | undefined, ratios: number, gains: number): boolean {
  if (!isObject(stream)) return false;
  const { lw, credit, doubt, adv, advCredit, slope, reserve, s, t, total, block } = stream;
  return (
    isList(lw, ratios, Number.isFinite) &&
    [credit, doubt].every((list) => isList(list, ratios, isMeasure)) &&
    isList(adv, gains, Number.isFinite) &&
    [advCredit, slope].every((list) => isList(list, gains, isMeasure)) &&
    [total, block].every((list) => isList(list, 4, isMeasure)) &&
    [reserve, s, t].every(isMeasure) &&
    reserve <= 1 &&
    t > 0
  );
}

function isAscending(bounds: readonly number[] | undefined): boolean {
  return Array.isArray(bounds) && bounds.every((bound, i) => isMeasure(bound) && bound > (bounds[i - 1] ?? 0));
}

function isList(list: readonly number[] | undefined, length: number, is: (value: unknown) => boolean): boolean {
  return Array.isArray(list) && list.length === length && list.every(is);
}

function isObject<T>(value: T | undefined | null): value is T {
  return typeof value === "object" && value !== null;
}
