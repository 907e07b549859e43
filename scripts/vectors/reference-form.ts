/** The reference's words for what is ours: parameters, a scrape, the state. */
import { DEFAULT_PARAMS, type GuardConfig, type GuardParams } from "../../src/analysis/guard/params.ts";
import type { GuardScrape } from "../../src/analysis/guard/scrape.ts";
import { type GuardState, startState } from "../../src/analysis/guard/state.ts";
import { PARAM_NAMES, type ReferenceState, type Rollout, type Row, type Vectors } from "./format.ts";

export function paramsOf(params: Vectors["params"]): GuardParams {
  const ours = Object.entries(PARAM_NAMES).map(([name, theirs]) => [name, params[theirs]]);
  return Object.fromEntries(ours) as unknown as GuardParams;
}

/** The parameters of a file that are not the defaults, by our names. */
export function changedParams(params: GuardParams): readonly (keyof GuardParams)[] {
  const names = Object.keys(PARAM_NAMES) as (keyof GuardParams)[];
  return names.filter((name) => JSON.stringify(params[name]) !== JSON.stringify(DEFAULT_PARAMS[name]));
}

export function configOf({ weights }: Rollout, params: GuardParams): GuardConfig {
  return { params, steps: weights.map((weight) => ({ weight })) };
}

export function startOf({ client, bounds, history }: Rollout, params: GuardParams): GuardState {
  const { n, fail, rate, n_lat, over } = history;
  const usual = { requests: n, failures: fail, rate, answers: n_lat, over: bounds.length > 0 ? over : [] };
  return startState(params, { clientErrors: client, bounds }, usual);
}

export function scrapeOf({ client, bounds }: Rollout, row: Row): GuardScrape {
  const { dt, nc, xc, ns, xs, over_c, over_s } = row;
  const [canary, stable] = row.client;
  return {
    seconds: dt,
    failures: { nc, xc, ns, xs },
    clientErrors: client ? { nc, xc: canary, ns, xs: stable } : undefined,
    latency: bounds.length > 0 ? { nc, ns, overCanary: over_c, overStable: over_s } : undefined,
  };
}

/** Our state as the reference would write it. */
export function toReference(state: GuardState, { bounds, history }: Rollout): ReferenceState {
  const { usual, ended } = state;
  return {
    step: state.step,
    step_s: state.stepSeconds,
    t: state.seconds,
    scrapes: state.scrapes,
    n: state.requests,
    D: state.margin,
    cuts: state.cuts,
    E: state.e,
    max_e: state.maxE,
    block_s: state.blockSeconds,
    hist_n: usual.requests,
    hist_x: usual.failures,
    rate: usual.rate,
    lat_n: usual.answers,
    over: bounds.length > 0 ? [...usual.over] : history.over,
    state: ended === null ? "running" : ended === "Promote" ? "promote" : "rollback",
    streams: state.streams.map(({ lw, credit, doubt, adv, advCredit, reserve, s, t, total, block }) => ({
      lw: [...lw],
      credit: [...credit],
      doubt: [...doubt],
      adv: [...adv],
      adv_credit: [...advCredit],
      reserve,
      s,
      t,
      total: [...total],
      block: [...block],
    })),
  };
}

/** The reference's state as ours. It does not know the slope of ADVANCE, which decides nothing. */
export function fromReference(state: ReferenceState, { bounds, client }: Rollout): unknown {
  return {
    version: 1,
    clientErrors: client,
    bounds,
    step: state.step,
    stepSeconds: state.step_s,
    seconds: state.t,
    scrapes: state.scrapes,
    requests: state.n,
    margin: state.D,
    cuts: state.cuts,
    e: state.E,
    maxE: state.max_e,
    blockSeconds: state.block_s,
    usual: {
      requests: state.hist_n,
      failures: state.hist_x,
      rate: state.rate,
      answers: state.lat_n,
      over: bounds.length > 0 ? state.over : [],
    },
    ended: { running: null, promote: "Promote", rollback: "Rollback" }[state.state],
    streams: state.streams.map(({ adv_credit, ...stream }) => ({ ...stream, advCredit: adv_credit, slope: stream.adv.map(() => 0) })),
  };
}
