/**
 * Where readings come from. A source answers for all the pods of all releases that share a preset and an interval, in one
 * go, part by part as it has them; what a reading means for a release is decided elsewhere.
 */
import type { PodRef, SampleFaultReason } from "../domain/samples.ts";
import type { Preset } from "./presets/preset.ts";
import type { Series, View } from "./series.ts";

export interface Target {
  readonly namespace: string;
  readonly pod: PodRef;
  readonly views: ReadonlySet<View>;
  /** Who asks: pods of one release are better told of together. */
  readonly release: string;
  /** Milliseconds since the epoch: readings that are newer are wanted, and the last one that is not; 0: all. */
  readonly since: number;
}

export interface PollOrder {
  readonly preset: Preset;
  readonly intervalMs: number;
  readonly targets: readonly Target[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How far back the samples reach that are wanted; of a pod, see its target. */
  readonly since: number;
  /** Whether the pod still is what the order says, by the time of the answer. */
  isCurrent(target: Target): boolean;
}

/** A pod's proxy at one moment: all series that were there. */
export interface Reading {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly series: readonly Series[];
}

export interface Failure {
  readonly ok: false;
  readonly reason: SampleFaultReason;
  /** Stable: without figures, times and names of pods. */
  readonly message: string;
}

export type PodAnswer = { readonly ok: true; readonly readings: readonly Reading[]; readonly duplicated: boolean } | Failure;

/** By pod uid. A pod without an entry is no longer the one that was asked for. */
export type PollAnswer = { readonly ok: true; readonly pods: ReadonlyMap<string, PodAnswer> } | Failure;

/** What is known of some targets: of all of them, whether it is good or bad. */
export interface PollPart {
  readonly targets: readonly Target[];
  readonly answer: PollAnswer;
}

/** Of the interval: what has not answered by then is asked again by the next poll. */
export const LATE_SHARE = 0.8;

export const LATE: Failure = { ok: false, reason: "Unreachable", message: "the metrics did not arrive before the next poll was due" };

export interface Source {
  /** Whether samples from before the first poll can be had. */
  readonly keepsHistory: boolean;
  /** Tells of every target once and then resolves. Expected failures are answers; what it throws is a bug, or the signal's reason. */
  poll(order: PollOrder, tell: (part: PollPart) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Told of every exchange with the outside. */
export type ExchangeHook = (record: { readonly seconds: number; readonly ok: boolean }) => void;
