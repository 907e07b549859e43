/** Every value of a vectors file beside what this implementation makes of the same counts. */
import { isDeepStrictEqual } from "node:util";
import { advanceLogE } from "../../src/analysis/guard/advance.ts";
import { rollbackLogE } from "../../src/analysis/guard/evidence.ts";
import { residual } from "../../src/analysis/guard/noise.ts";
import { DEFAULT_PARAMS, type GuardConfig, type GuardParams } from "../../src/analysis/guard/params.ts";
import { type GuardState, guardStateOf } from "../../src/analysis/guard/state.ts";
import { type Decided, shareInForce, step } from "../../src/analysis/guard/step.ts";
import { countsOf } from "../../src/analysis/guard/stream.ts";
import { tailRatio } from "../../src/analysis/guard/tolerance.ts";
import { type Difference, differences, unlike } from "./difference.ts";
import { type ElementaryValue, PARAM_NAMES, type Rollout, type Row, type Vectors } from "./format.ts";
import { changedParams, configOf, fromReference, paramsOf, scrapeOf, startOf, toReference } from "./reference-form.ts";

export const ALLOWED = 1e-9;
/** The reference ends a rollout that has not ended by itself after so many scrapes at the earliest: fewer are a file cut short. */
const LEAST_ROWS = 120;

/** One entry for each value that was compared. */
export function compareVectors(vectors: Vectors): readonly Difference[] {
  const params = paramsOf(vectors.params);
  const values = [...vectors.elementary.flatMap(compareElementary), ...compareRollouts(vectors, params)];
  return values.some(isAbove) ? values : [...values, ...idleParams(vectors, params)];
}

export function isAbove({ size }: Difference): boolean {
  return size > ALLOWED;
}

/**
 * A parameter that is not the default must show in the file: where the file is the same with the default, it was not made
 * with that parameter, or cannot tell.
 */
function idleParams(vectors: Vectors, params: GuardParams): readonly Difference[] {
  const idle = changedParams(params).filter((name) => {
    const usual = { ...params, [name]: DEFAULT_PARAMS[name] };
    return !compareRollouts(vectors, usual).some(isAbove);
  });
  return idle.map((name) => unlike(`params.${PARAM_NAMES[name]} (nothing in the file tells it)`, DEFAULT_PARAMS[name], params[name]));
}

function compareElementary(entry: ElementaryValue, index: number): readonly Difference[] {
  return differences(`elementary[${index}] ${entry.f}`, elementary(entry), entry.value);
}

function elementary(entry: ElementaryValue): number | null {
  switch (entry.f) {
    case "roll_log_e": {
      const [nc, xc, ns, xs, ratio, tolerance, absolute, reference] = entry.args;
      return rollbackLogE({ nc, xc, ns, xs }, ratio, { ratio: tolerance, absolute, reference });
    }
    case "adv_log_e": {
      const [nc, xc, ns, xs, gain, ratio, margin] = entry.args;
      return advanceLogE({ nc, xc, ns, xs }, gain, { ratio, margin });
    }
    case "residual": {
      const [a, b, c, d, ...block] = entry.args;
      return residual(countsOf([a, b, c, d]), countsOf(block));
    }
    case "tail_ratio":
      return tailRatio(...entry.args);
  }
}

function compareRollouts({ rollouts }: Vectors, params: GuardParams): readonly Difference[] {
  return rollouts.flatMap((rollout, index) => compareRollout(rollout, `rollouts[${index}] "${rollout.name}"`, params));
}

/** A rollout played from some row on. */
interface Played {
  readonly values: readonly Difference[];
  readonly outcomes: readonly Decided[];
  /** Before each row, and after the last. */
  readonly states: readonly GuardState[];
}

function compareRollout(rollout: Rollout, where: string, params: GuardParams): readonly Difference[] {
  const config = configOf(rollout, params);
  const whole = play(rollout, where, config, startOf(rollout, params), 0);
  const last = whole.states.at(-1);
  const cut = last?.ended === null && rollout.rows.length < LEAST_ROWS;
  return [
    ...whole.values,
    ...(cut ? [unlike(`${where}, after row ${rollout.rows.length - 1}`, "still running", "no more rows")] : []),
    ...compareRestart(rollout, where, config, whole),
  ];
}

function play(rollout: Rollout, where: string, config: GuardConfig, from: GuardState, first: number): Played {
  const values: Difference[] = [];
  const outcomes: Decided[] = [];
  const states = [from];
  for (const [index, row] of rollout.rows.entries()) {
    if (index < first) continue;
    const place = `${where}, row ${index}`;
    const before = states.at(-1)!;
    const stepped = step(config, before, scrapeOf(rollout, row));
    if (!stepped.ok) {
      values.push(unlike(place, `refused: ${stepped.refusal.reason}`, "counted"));
      break;
    }
    values.push(...compareRow(rollout, row, place, shareInForce(config, before), stepped.outcome));
    outcomes.push(stepped.outcome);
    states.push(stepped.state);
  }
  return { values, outcomes, states };
}

function compareRow({ client }: Rollout, row: Row, place: string, weight: number, outcome: Decided): readonly Difference[] {
  const ours = {
    weight,
    E: outcome.e,
    doubt: outcome.doubt,
    cuts: outcome.cuts,
    decision: outcome.decision.toLowerCase(),
    next_weight: outcome.share,
    phi: outcome.phi,
    advance_missing: outcome.advanceMissing,
    incident: outcome.incident,
  };
  const fields = Object.entries(ours) as [keyof typeof ours, unknown][];
  return [
    ...fields.flatMap(([field, value]) => differences(`${place}, ${field}`, value, row[field])),
    ...(client ? [] : differences(`${place}, client (not judged)`, [0, 0], row.client)),
    ...outcome.refusals.map(({ reason, kind }) => unlike(place, `refused: ${kind} ${reason}`, "counted")),
  ];
}

/** Our own state, written and read again, goes on to the last bit; the reference's is the same as ours, and goes on as it does. */
function compareRestart(rollout: Rollout, where: string, config: GuardConfig, whole: Played): readonly Difference[] {
  const { restart_before_row: row, state_at_restart: theirs } = rollout;
  const before = row === null ? undefined : whole.states[row];
  if (row === null || theirs === null || before === undefined) return [];
  const place = `${where}, state before row ${row}`;
  const resumed = (stored: unknown) => {
    const state = guardStateOf(stored, config);
    return state && play(rollout, `${place}, read from the file`, config, state, row);
  };
  const own = resumed(JSON.parse(JSON.stringify(before)));
  const read = resumed(fromReference(theirs, rollout));
  return [
    ...differences(place, toReference(before, rollout), theirs),
    ...(own !== undefined && isSame(own, whole, row) ? [] : [unlike(place, "does not go on as without a restart", "the same")]),
    ...(read?.values ?? [unlike(place, "not readable", "a state")]),
  ];
}

function isSame(resumed: Played, whole: Played, row: number): boolean {
  return isDeepStrictEqual(resumed.outcomes, whole.outcomes.slice(row)) && isDeepStrictEqual(resumed.states.at(-1), whole.states.at(-1));
}
