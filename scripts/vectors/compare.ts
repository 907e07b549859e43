/** Plays a file of test vectors and measures how far we are from it. */
import { tailRatio } from "../../src/analysis/guard/bounds.ts";
import { advanceEvidence, rollbackEvidence } from "../../src/analysis/guard/evidence.ts";
import { type GuardOutcome, stepGuard, weightOf } from "../../src/analysis/guard/guard.ts";
import { residual } from "../../src/analysis/guard/noise.ts";
import type { GuardParams } from "../../src/analysis/guard/params.ts";
import { type GuardPlan, type GuardState, startGuard } from "../../src/analysis/guard/state.ts";
import { baselineOf, type Elementary, paramsOf, planOf, type Rollout, type Row, scrapeOf, type Vectors, wordsOf } from "./file.ts";

export interface Difference {
  /** |ours - theirs| / max(1, |theirs|); Infinity where they are not numbers of one kind. */
  readonly size: number;
  /** `99->90, row 14, phi[2]` */
  readonly where: string;
}

export interface Comparison {
  readonly largest: Difference;
  readonly values: number;
  readonly scrapes: number;
}

/** Throws a RangeError where a row is no scrape. */
export function compare(vectors: Vectors): Comparison {
  const differences = [...vectors.elementary.flatMap(compareElementary), ...compareRollouts(vectors)];
  const largest = differences.reduce((most, one) => (one.size > most.size ? one : most), { size: 0, where: "nowhere" });
  return { largest, values: differences.length, scrapes: vectors.rollouts.reduce((sum, { rows }) => sum + rows.length, 0) };
}

function compareElementary({ f, args, value }: Elementary, index: number): Difference[] {
  return [...differences(value, FUNCTIONS[f](args) ?? null, `elementary[${index}] (${f})`)];
}

const countsOf = ([nc = Number.NaN, xc = Number.NaN, ns = Number.NaN, xs = Number.NaN]: readonly number[]) => ({ nc, xc, ns, xs });

const FUNCTIONS: Readonly<Record<Elementary["f"], (args: readonly number[]) => number | undefined>> = {
  roll_log_e: (args) => {
    const [ratio = Number.NaN, tolerance = Number.NaN, points = Number.NaN, reference] = args.slice(4);
    return rollbackEvidence(countsOf(args), ratio, { ratio: tolerance, points }, reference);
  },
  adv_log_e: (args) => {
    const [gain = Number.NaN, ratio = Number.NaN, margin = Number.NaN] = args.slice(4);
    return advanceEvidence(countsOf(args), gain, ratio, margin);
  },
  residual: (args) => residual(countsOf(args), countsOf(args.slice(4))),
  tail_ratio: ([b = Number.NaN, a = Number.NaN, sb = Number.NaN, sa = Number.NaN, tolerance = Number.NaN]) =>
    tailRatio(b, a, sb, sa, tolerance),
};

function compareRollouts(vectors: Vectors): Difference[] {
  const params = paramsOf(vectors.params);
  return vectors.rollouts.flatMap((rollout) => compareRollout(rollout, params));
}

function compareRollout(rollout: Rollout, params: GuardParams): Difference[] {
  const plan = planOf(rollout, params);
  const found: Difference[] = [];
  let state = startGuard(plan, baselineOf(rollout));
  for (const [index, row] of rollout.rows.entries()) {
    const where = `${rollout.name}, row ${index}`;
    if (index === rollout.restart_before_row) {
      found.push(...differences(withoutState(rollout), wordsOf(state), `${where}, state_at_restart`));
      state = JSON.parse(JSON.stringify(state)) as GuardState;
    }
    if (state.ended) return [...found, { size: Number.POSITIVE_INFINITY, where: `${where}: ours has ended` }];
    const before = weightOf(plan, state);
    const outcome = stepped(plan, state, row, where);
    found.push(...differences(toldOf(row), saidOf(outcome, before), where));
    ({ state } = outcome);
  }
  const { restart_before_row: restart, state_at_restart: stored, rows, name } = rollout;
  const isReached = restart !== null && restart < rows.length;
  return [
    ...found,
    ...differences(stored !== null, isReached, `${name}, state_at_restart`),
    ...differences(isEnd(rows.at(-1)?.decision), state.ended, `${name}, the end`),
  ];
}

function stepped(plan: GuardPlan, state: GuardState, row: Row, where: string): GuardOutcome {
  try {
    return stepGuard(plan, state, scrapeOf(row));
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`${where}: ${error.message}`) : error;
  }
}

function isEnd(decision: Row["decision"] | undefined): boolean {
  return decision === "promote" || decision === "rollback";
}

function withoutState({ state_at_restart }: Rollout): unknown {
  const { state: _running, ...numbers } = state_at_restart ?? { state: undefined };
  return numbers;
}

function toldOf({ weight, E, doubt, cuts, decision, next_weight, phi, advance_missing, incident }: Row): unknown {
  return { weight, E, doubt, cuts, decision, next_weight, phi, advance_missing, incident };
}

function saidOf(outcome: GuardOutcome, weight: number): unknown {
  const { e, doubt, state, decision, weight: next_weight, streams, advanceMissing, incident } = outcome;
  return {
    weight,
    E: e,
    doubt,
    cuts: state.cuts,
    decision,
    next_weight,
    phi: streams.map(({ phi }) => phi),
    advance_missing: advanceMissing,
    incident,
  };
}

/** Of each number within, by its place. */
function* differences(theirs: unknown, ours: unknown, where: string): Generator<Difference> {
  if (typeof theirs === "number" && typeof ours === "number") {
    const size = Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
    yield { size: Number.isNaN(size) ? Number.POSITIVE_INFINITY : size, where };
  } else if (isBranch(theirs) && isBranch(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      const place = Array.isArray(theirs) ? `${where}[${key}]` : `${where}, ${key}`;
      yield* differences(theirs[key], ours[key], place);
    }
  } else yield { size: theirs === ours ? 0 : Number.POSITIVE_INFINITY, where };
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
