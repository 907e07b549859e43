/**
 * Which bounds of the latency histogram are judged: those where stable's own history says the most. Any choice that was made
 * before the release is valid; a regression inside one bucket stays invisible to every method, so people are told the bounds.
 */
import type { Survival } from "./tolerance.ts";

/** Stable's P(latency > bound) in this range: rare enough to be sharp, frequent enough to be seen. */
const MOST = 0.5;
const LEAST = 0.002;
const FEWEST_BOUNDS = 3;
const MOST_BOUNDS = 6;

/**
 * The bounds in use, ascending, the first one only a neighbour of the second (the tail's slope needs it); empty: latency is not
 * judged. `le` are all of the histogram's bounds, ascending, without +Inf; `stable` its answers over the last 10 minutes or
 * more, with one count for each of them.
 */
export function chooseBounds(le: readonly number[], { answers, over }: Survival): readonly number[] {
  if (le.length < 2 || answers <= 0) return [];
  const survival = over.map((count) => count / answers);
  const fitting = le.map((_, place) => place).filter((place) => place > 0 && survival[place]! >= LEAST && survival[place]! <= MOST);
  const places = thinned(widened(fitting, firstAbove(survival), le.length));
  return [places[0]! - 1, ...places].map((place) => le[place]!);
}

/** Where a slower canary would show first if no bound fits: the first that less than all answers exceed too rarely to fit. */
function firstAbove(survival: readonly number[]): number {
  const place = survival.findIndex((s, index) => index > 0 && s < LEAST);
  return place < 0 ? survival.length - 1 : place;
}

/** With the next higher bounds, then the next lower ones, until there are enough. */
function widened(fitting: readonly number[], otherwise: number, length: number): readonly number[] {
  const places = fitting.length === 0 ? [otherwise] : [...fitting];
  while (places.length < FEWEST_BOUNDS) {
    if (places.at(-1)! + 1 < length) places.push(places.at(-1)! + 1);
    else if (places[0]! > 1) places.unshift(places[0]! - 1);
    else break;
  }
  return places;
}

/** At most so many, evenly spread, the first and the last among them. */
function thinned(places: readonly number[]): readonly number[] {
  if (places.length <= MOST_BOUNDS) return places;
  const gap = (places.length - 1) / (MOST_BOUNDS - 1);
  return Array.from({ length: MOST_BOUNDS }, (_, i) => places[Math.round(i * gap)]!);
}
