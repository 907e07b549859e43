/** The tables: which cells each is made of, and how a cell is written. Pure. */
import type { Cell } from "../../src/sim/arms/cell.ts";
import type { Summary } from "../../src/sim/arms/ending.ts";
import type { NoiseName } from "../../src/sim/arms/noise.ts";
import type { PolicyName } from "../../src/sim/arms/policies/index.ts";
import type { Setting } from "../../src/sim/arms/traffic.ts";

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly label: readonly string[];
  /** Each is written from the cells that it is made of. */
  readonly columns: readonly { readonly cells: readonly Cell[]; readonly written: (summaries: readonly Summary[]) => string }[];
}

const NOISE: readonly NoiseName[] = ["poisson", "moderate", "severe"];
const RATES = [5, 20, 50, 100, 500];
const BASES = [0.001, 0.005, 0.01];
const CHANGES: readonly (readonly [stable: number, canary: number])[] = [
  [0.001, 0.01],
  [0.001, 0.05],
  [0.005, 0.02],
  [0.01, 0.02],
  [0.01, 0.1],
  [0.001, 0.5],
];
const PEERS: readonly PolicyName[] = ["Flagger", "Argo .95", "Argo .99", "Kayenta"];
const INTERVALS = [15, 5, 2];

/** `scale` multiplies how many releases each cell has. */
export function tablesOf(scale: number): readonly Table[] {
  const many = (releases: number) => Math.max(20, Math.round(releases * scale));
  return [goodReleases(many), peersOnGoodReleases(many), regressions(many), slower(many), intervals(many)];
}

type Many = (releases: number) => number;

function goodReleases(many: Many): Table {
  const releases = many(2_000);
  const row = (noise: NoiseName, rates: readonly number[], label: string): Row => {
    const cells = rates.flatMap((rate) => BASES.map((base): Cell => ({ policy: "guard", releases, setting: good(noise, rate, base) })));
    const column = (written: (summaries: readonly Summary[]) => string) => ({ cells, written });
    return {
      label: [noise, label],
      columns: [
        column((of) => `${percent(mean(of, "rolledBack"))} (${percent(Math.max(...of.map(({ rolledBack }) => rolledBack)))})`),
        column((of) => mean(of, "promotedMinutes").toFixed(1)),
        column((of) => percent(mean(of, "cut"), 1)),
        column((of) => mean(of, "cutSeconds").toFixed(1)),
      ],
    };
  };
  return {
    title: `Good releases under the guard, ${releases.toLocaleString("en")} for each base rate 99.9, 99.5 and 99.0 %: mean (worst)`,
    head: ["noise", "req/s", "false rollback %", "promotion, min", "any cut %", "s cut per release"],
    rows: NOISE.flatMap((noise) => [...RATES.map((rate) => row(noise, [rate], String(rate))), row(noise, RATES, "all")]),
  };
}

function peersOnGoodReleases(many: Many): Table {
  const policies: readonly PolicyName[] = [...PEERS, "guard"];
  const of = (policy: PolicyName, noise: NoiseName) => {
    const releases = many(policy === "Kayenta" ? 300 : 1_000);
    const perBase = (base: number) => RATES.map((rate): Cell => ({ policy, releases, setting: good(noise, rate, base) }));
    const written = (summaries: readonly Summary[]) =>
      BASES.map((_, i) =>
        percent(Math.max(...summaries.slice(i * RATES.length, (i + 1) * RATES.length).map(({ rolledBack }) => rolledBack))),
      ).join(" / ");
    return { cells: BASES.flatMap(perBase), written };
  };
  return {
    title: "Good releases under all policies: false rollback %, the worst of five rates, for base rates 99.9 / 99.5 / 99.0 %",
    head: ["policy", ...NOISE],
    rows: policies.map((policy) => ({ label: [policy], columns: NOISE.map((noise) => of(policy, noise)) })),
  };
}

function regressions(many: Many): Table {
  const policies: readonly PolicyName[] = ["oracle", "guard", ...PEERS];
  const column =
    (noise: NoiseName, rate: number, [stable, canary]: readonly [number, number]) =>
    (policy: PolicyName) => {
      const releases = many(policy === "Kayenta" ? 200 : 500);
      const cell: Cell = { policy, releases, setting: { noise, requestsPerSecond: rate, stable, canary } };
      return { cells: [cell], written: (summaries: readonly Summary[]) => found(summaries[0]!, "failures") };
    };
  return {
    title:
      "Regressions from the first second: median failed canary requests until the rollback, median minutes; in front the part that was found where it is not all",
    head: ["noise", "req/s", "change", ...policies],
    rows: (["poisson", "moderate"] as const).flatMap((noise) =>
      [5, 50, 500].flatMap((rate) =>
        CHANGES.map((change) => ({ label: [noise, String(rate), nameOf(change)], columns: policies.map(column(noise, rate, change)) })),
      ),
    ),
  };
}

function slower(many: Many): Table {
  const policies: readonly PolicyName[] = ["guard", "Flagger", "Kayenta"];
  const kinds: readonly (readonly [string, Partial<Setting>])[] = [
    ["+10 % (tolerated)", { latencyRatio: 1.1 }],
    ["+25 %", { latencyRatio: 1.25 }],
    ["+50 %", { latencyRatio: 1.5 }],
    ["twice", { latencyRatio: 2 }],
    ["1 % of requests x8", { slowTail: 0.01 }],
    ["3 % of requests x8", { slowTail: 0.03 }],
  ];
  const column = (rate: number, kind: Partial<Setting>) => (policy: PolicyName) => {
    const setting = { requestsPerSecond: rate, stable: 0.002, canary: 0.002, ...kind };
    const cell: Cell = { policy, releases: many(policy === "Kayenta" ? 200 : 500), setting };
    return { cells: [cell], written: (summaries: readonly Summary[]) => found(summaries[0]!, "requests") };
  };
  return {
    title: "Slower canaries (P50 80 ms, P99 323 ms): median canary requests exposed until the rollback, median minutes",
    head: ["req/s", "latency", ...policies],
    rows: [5, 50, 500].flatMap((rate) =>
      kinds.map(([name, kind]) => ({ label: [String(rate), name], columns: policies.map(column(rate, kind)) })),
    ),
  };
}

function intervals(many: Many): Table {
  const column =
    (rate: number, scrapeSeconds: number, policy: PolicyName) =>
    ([stable, canary]: readonly [number, number]) => {
      const cell: Cell = { policy, releases: many(500), scrapeSeconds, setting: { requestsPerSecond: rate, stable, canary } };
      return { cells: [cell], written: (summaries: readonly Summary[]) => found(summaries[0]!, "failures") };
    };
  return {
    title: "Scrapes every 15, 5 and 2 s, no parameter changed: median failed canary requests, minutes",
    head: ["req/s", "s", "policy", ...CHANGES.map(nameOf)],
    rows: [50, 500].flatMap((rate) =>
      INTERVALS.flatMap((seconds) =>
        (["oracle", "guard"] as const).map((policy) => ({
          label: [String(rate), String(seconds), policy],
          columns: CHANGES.map(column(rate, seconds, policy)),
        })),
      ),
    ),
  };
}

function good(noise: NoiseName, requestsPerSecond: number, base: number): Partial<Setting> {
  return { noise, requestsPerSecond, stable: base, canary: base };
}

/** `91 % 4, 22.8 min` */
function found({ rolledBack, minutes, ...of }: Summary, what: "failures" | "requests"): string {
  if (rolledBack === 0) return "0 %";
  return `${rolledBack > 0.995 ? "" : `${percent(rolledBack, 0)} % `}${Math.round(of[what])}, ${minutes.toFixed(1)} min`;
}

function nameOf([stable, canary]: readonly [number, number]): string {
  return `${percent(1 - stable, 1)}->${percent(1 - canary, 0)}`;
}

function percent(part: number, digits = 2): string {
  return (100 * part).toFixed(digits);
}

function mean(summaries: readonly Summary[], what: keyof Summary): number {
  const known = summaries.map((summary) => summary[what]).filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
