/** The form of a vectors file, as the reference implementation writes it. A field that is missing or not known is an error. */
import { z } from "zod";
import type { GuardParams } from "../../src/analysis/guard/params.ts";

/** The reference's names of our parameters. */
export const PARAM_NAMES = {
  alpha: "alpha",
  beta: "beta",
  failureShare: "failure_share",
  clientShare: "client_share",
  failRatios: "fail_ratios",
  latencyRatios: "lat_ratios",
  failToleranceRatio: "fail_tol_ratio",
  failToleranceAbsolute: "fail_tol_abs",
  clientToleranceAbsolute: "client_tol_abs",
  latencyTolerance: "lat_tol",
  latencyToleranceAbsolute: "lat_tol_abs",
  confirmSeconds: "confirm_s",
  creditSeconds: "credit_s",
  creditBrakedSeconds: "credit_braked_s",
  blockSeconds: "block_s",
  noiseBlocks: "phi_blocks",
  startWealth: "start",
  topUp: "topup",
  brakeOdds: "brake_odds",
  fadeSeconds: "fade_s",
  brakeNoise: "brake_noise",
  minWeight: "min_weight",
  riskBudget: "risk_budget",
  detectSeconds: "detect_s",
  advanceRatio: "adv_ratio",
  marginMin: "dmin",
  marginMax: "dmax",
  latencyAdvance: "lat_adv",
  latencyMarginMin: "ldmin",
  latencyMarginMax: "ldmax",
  gains: "gains",
  advanceBlocks: "adv_blocks",
  minStepSeconds: "min_step_s",
  maxStepSeconds: "max_step_s",
  holdE: "hold",
  incidentMultiple: "inc_mult",
  incidentMin: "inc_min",
  warmupSeconds: "warmup_s",
} as const satisfies Record<keyof GuardParams, string>;

type Lists = "failRatios" | "latencyRatios" | "gains";

const Numbers = z.array(z.number());
const Four = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const Pair = z.tuple([z.number(), z.number()]);

const Params = z.strictObject(
  Object.fromEntries(
    Object.entries(PARAM_NAMES).map(([ours, theirs]) => [theirs, isList(ours) ? z.array(z.number()).min(1) : z.number()]),
  ) as { [K in keyof typeof PARAM_NAMES as (typeof PARAM_NAMES)[K]]: K extends Lists ? typeof Numbers : z.ZodNumber },
);

function isList(name: string): boolean {
  return ["failRatios", "latencyRatios", "gains"].includes(name);
}

const n = z.number();
const value = z.number().nullable();

const Elementary = z.discriminatedUnion("f", [
  z.strictObject({ f: z.literal("roll_log_e"), args: z.tuple([n, n, n, n, n, n, n, n]), value }),
  z.strictObject({ f: z.literal("adv_log_e"), args: z.tuple([n, n, n, n, n, n, n]), value }),
  z.strictObject({ f: z.literal("residual"), args: z.tuple([n, n, n, n, n, n, n, n]), value }),
  z.strictObject({ f: z.literal("tail_ratio"), args: z.tuple([n, n, n, n, n]), value }),
]);

const Stream = z.strictObject({
  lw: Numbers,
  credit: Numbers,
  doubt: Numbers,
  adv: Numbers,
  adv_credit: Numbers,
  reserve: n,
  s: n,
  t: n,
  total: Four,
  block: Four,
});

const State = z.strictObject({
  step: n,
  step_s: n,
  t: n,
  scrapes: n,
  n,
  D: n.nullable(),
  cuts: n,
  E: n,
  max_e: n,
  block_s: n,
  hist_n: n,
  hist_x: n,
  rate: n.nullable(),
  lat_n: n,
  over: Numbers,
  state: z.enum(["running", "promote", "rollback"]),
  streams: z.array(Stream),
});

const Row = z.strictObject({
  dt: n,
  nc: n,
  xc: n,
  ns: n,
  xs: n,
  over_c: Numbers,
  over_s: Numbers,
  client: Pair,
  weight: n,
  E: n,
  doubt: n,
  cuts: n,
  decision: z.enum(["running", "advance", "promote", "rollback"]),
  next_weight: n,
  phi: Numbers,
  advance_missing: Numbers,
  incident: z.boolean(),
});

const Rollout = z
  .strictObject({
    name: z.string(),
    weights: z.array(z.number()).min(1),
    bounds: Numbers,
    client: z.boolean(),
    history: z.strictObject({ n, fail: n, rate: n.nullable(), n_lat: n, over: Numbers }),
    restart_before_row: z.int().nonnegative().nullable(),
    state_at_restart: State.nullable(),
    rows: z.array(Row).min(1),
  })
  .superRefine(({ bounds, history, restart_before_row: restart, state_at_restart: state, rows }, { addIssue }) => {
    const say = (path: (string | number)[], message: string) => addIssue({ code: "custom", path, message });
    const wrong = (list: readonly number[]) => list.length !== bounds.length;
    if (bounds.length > 0 && wrong(history.over)) say(["history", "over"], `expected one number for each of ${bounds.length} bounds`);
    for (const [index, row] of rows.entries())
      for (const field of ["over_c", "over_s"] as const)
        if (wrong(row[field])) say(["rows", index, field], `expected one number for each of ${bounds.length} bounds`);
    if ((restart === null) !== (state === null)) say(["state_at_restart"], "expected it where there is a restart, and only there");
    if ((restart ?? 0) >= rows.length) say(["restart_before_row"], `expected one of ${rows.length} rows`);
  });

const Vectors = z.strictObject({ seed: n, params: Params, elementary: z.array(Elementary).min(1), rollouts: z.array(Rollout).min(1) });

export type Vectors = z.infer<typeof Vectors>;
export type Rollout = Vectors["rollouts"][number];
export type Row = Rollout["rows"][number];
export type ReferenceState = NonNullable<Rollout["state_at_restart"]>;
export type ElementaryValue = Vectors["elementary"][number];

/** The file, or in one line what of it is not of this form, with its place. */
export function parseVectors(text: string): { readonly ok: true; readonly value: Vectors } | { readonly ok: false; readonly why: string } {
  const json = parseJson(text);
  if (!json.ok) return json;
  const parsed = Vectors.safeParse(json.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const { path, message } = parsed.error.issues[0]!;
  return { ok: false, why: path.length === 0 ? message : `${placeOf(path)}: ${message}` };
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, why: `not JSON: ${(error as Error).message.split("\n")[0]}` };
  }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
}
