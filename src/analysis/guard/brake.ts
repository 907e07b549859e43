/** The brake (step 8): a share that doubt halves, reversibly. */
import { LN2 } from "./numbers.ts";
import type { GuardParams } from "./params.ts";

/** How often the step's weight is halved; 0 up to twice the brake's odds. */
export function cutsOf(doubt: number, { brakeOdds }: GuardParams): number {
  return Math.floor(Math.max(0, (doubt - Math.log(brakeOdds)) / LN2));
}

/** The canary's share of the traffic. */
export function shareOf(weight: number, cuts: number, { minWeight }: GuardParams): number {
  return Math.max(Math.min(minWeight, weight), weight * 2 ** -cuts);
}

/** As a route has it, in thousandths: rounded down, and never to nothing. */
export function thousandthsOf(share: number): number {
  return Math.max(1, Math.floor(share * 1000));
}
