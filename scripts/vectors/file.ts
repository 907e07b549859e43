/** A file of test vectors: what it must hold, and what it holds in our words. */
import { z } from "zod";
import type { GuardScrape } from "../../src/analysis/guard/guard.ts";
import type { GuardParams } from "../../src/analysis/guard/params.ts";
import type { GuardPlan, GuardState } from "../../src/analysis/guard/state.ts";

const Num = z.number();
const List = z.array(Num);
const Pair = z.tuple([Num, Num]);
const Four = z.tuple([Num, Num, Num, Num]);

const Params = z.strictObject({
  ...{ alpha: Num, beta: Num, failure_share: Num, client_share: Num, fail_ratios: List, lat_ratios: List },
  ...{ fail_tol_ratio: Num, fail_tol_abs: Num, client_tol_abs: Num, lat_tol: Num, lat_tol_abs: Num },
  ...{ confirm_s: Num, credit_s: Num, credit_braked_s: Num, block_s: Num, phi_blocks: Num, start: Num, topup: Num },
  ...{ brake_odds: Num, fade_s: Num, brake_noise: Num, min_weight: Num, risk_budget: Num, detect_s: Num },
  ...{ adv_ratio: Num, dmin: Num, dmax: Num, lat_adv: Num, ldmin: Num, ldmax: Num, gains: List, adv_blocks: Num },
  ...{ min_step_s: Num, max_step_s: Num, hold: Num, inc_mult: Num, inc_min: Num, warmup_s: Num },
});

const StreamAtRestart = z.strictObject({
  ...{ lw: List, credit: List, doubt: List, adv: List, adv_credit: List },
  ...{ reserve: Num, s: Num, t: Num, total: Four, block: Four },
});

const StateAtRestart = z.strictObject({
  ...{ step: z.int(), step_s: Num, t: Num, scrapes: z.int(), n: Num, D: Num.nullable(), cuts: z.int(), E: Num, max_e: Num, block_s: Num },
  ...{ hist_n: Num, hist_x: Num, rate: Num.nullable(), lat_n: Num, over: List, state: z.literal("running") },
  streams: z.array(StreamAtRestart),
});
export type StateAtRestart = z.output<typeof StateAtRestart>;

const Row = z.strictObject({
  ...{ dt: Num, nc: Num, xc: Num, ns: Num, xs: Num, over_c: List, over_s: List, client: Pair, weight: Num },
  ...{ E: Num, doubt: Num, cuts: z.int(), decision: z.enum(["running", "advance", "promote", "rollback"]), next_weight: Num },
  ...{ phi: List, advance_missing: List, incident: z.boolean() },
});
export type Row = z.output<typeof Row>;

const History = z.strictObject({ n: Num, fail: Num, rate: Num.nullable(), n_lat: Num, over: List });

const Rollout = z.strictObject({
  ...{ name: z.string(), weights: List.min(1), bounds: List, client: z.boolean(), history: History },
  ...{ restart_before_row: z.int().nullable(), state_at_restart: StateAtRestart.nullable(), rows: z.array(Row).min(1) },
});
export type Rollout = z.output<typeof Rollout>;

const Elementary = z.strictObject({
  f: z.enum(["roll_log_e", "adv_log_e", "residual", "tail_ratio"]),
  args: List,
  value: Num.nullable(),
});
export type Elementary = z.output<typeof Elementary>;

const Vectors = z.strictObject({ seed: z.int(), params: Params, elementary: z.array(Elementary), rollouts: z.array(Rollout).min(1) });
export type Vectors = z.output<typeof Vectors>;

/** Throws an Error that names the place in the file. */
export function vectorsIn(text: string): Vectors {
  const read = Vectors.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  throw new Error(`${path?.replace(/^\./, "") || "the file"}: ${issue?.message}`);
}

export function paramsOf(p: Vectors["params"]): GuardParams {
  return {
    ...{ alpha: p.alpha, beta: p.beta, failureShare: p.failure_share, clientShare: p.client_share },
    ...{ failureRatios: p.fail_ratios, latencyRatios: p.lat_ratios },
    failureTolerance: { ratio: p.fail_tol_ratio, points: p.fail_tol_abs },
    clientTolerancePoints: p.client_tol_abs,
    latencyTolerance: { ratio: p.lat_tol, points: p.lat_tol_abs },
    ...{ confirmSeconds: p.confirm_s, creditSeconds: p.credit_s, creditBrakedSeconds: p.credit_braked_s },
    ...{ blockSeconds: p.block_s, noiseBlocks: p.phi_blocks, start: p.start, topUp: p.topup },
    ...{ brakeOdds: p.brake_odds, fadeSeconds: p.fade_s, brakeNoise: p.brake_noise, minWeight: p.min_weight },
    ...{ riskBudget: p.risk_budget, detectSeconds: p.detect_s, advanceRatio: p.adv_ratio, marginMin: p.dmin, marginMax: p.dmax },
    ...{ latencyAdvance: p.lat_adv, latencyMarginMin: p.ldmin, latencyMarginMax: p.ldmax },
    ...{ gains: p.gains, advanceBlocks: p.adv_blocks, minStepSeconds: p.min_step_s, maxStepSeconds: p.max_step_s },
    ...{ hold: p.hold, incidentRatio: p.inc_mult, incidentMin: p.inc_min, warmUpSeconds: p.warmup_s },
  };
}

export function planOf({ weights, bounds, client }: Rollout, params: GuardParams): GuardPlan {
  return { weights, bounds, clientErrors: client, params };
}

export function baselineOf({ history: { n, fail, rate, n_lat, over } }: Rollout): GuardState["baseline"] {
  return { requests: n, failures: fail, rate, answers: n_lat, over };
}

export function scrapeOf({ dt, nc, xc, ns, xs, over_c, over_s, client: [canary, stable] }: Row): GuardScrape {
  return {
    seconds: dt,
    failures: { nc, xc, ns, xs },
    clientErrors: { nc, xc: canary, ns, xs: stable },
    slow: over_c.map((over, index) => ({ nc, xc: over, ns, xs: over_s[index] ?? Number.NaN })),
  };
}

/** Our state in the file's words, for a comparison. */
export function wordsOf(state: GuardState): Omit<StateAtRestart, "state"> {
  const { requests: hist_n, failures: hist_x, rate, answers: lat_n, over } = state.baseline;
  return {
    ...{ step: state.step, step_s: state.stepSeconds, t: state.seconds, scrapes: state.scrapes, n: state.requests, D: state.margin },
    ...{ cuts: state.cuts, E: state.e, max_e: state.mostE, block_s: state.blockSeconds },
    ...{ hist_n, hist_x, rate, lat_n, over: [...over] },
    streams: state.streams.map(({ wealth, credit, doubt, advance, advanceCredit, reserve, noise }) => ({
      ...{ lw: [...wealth], credit: [...credit], doubt: [...doubt], adv: [...advance], adv_credit: [...advanceCredit], reserve },
      ...{ s: noise.residuals, t: noise.blocks, total: four(noise.total), block: four(noise.block) },
    })),
  };
}

function four({ nc, xc, ns, xs }: GuardScrape["failures"]): [number, number, number, number] {
  return [nc, xc, ns, xs];
}
