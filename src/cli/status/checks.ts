/** The checks of the analysis with the numbers of both versions. Pure. */
import type { CheckStatus, Verdict } from "../../api/status.ts";
import { aligned } from "../get/table.ts";
import type { Style } from "../io.ts";
import type { Facts } from "../release/facts.ts";
import { type RenderOptions, type Row, row } from "./picture.ts";

const MARK: Readonly<Record<Verdict, { readonly mark: string; readonly style: Style }>> = {
  Pass: { mark: "✔", style: "green" },
  Fail: { mark: "✖", style: "red" },
  Inconclusive: { mark: "●", style: "yellow" },
  NoData: { mark: "○", style: "yellow" },
  Error: { mark: "!", style: "red" },
};

export function checkRows({ status, open }: Facts, { paint }: RenderOptions): Row[] {
  const checks = status.analysis?.checks ?? [];
  if (!open || checks.length === 0) return [];
  const [title = "", ...lines] = aligned([["checks", "", "canary", "stable"], ...checks.map(cellsOf)], "  ");
  const marked = lines.map((line, index) => colourMark(line, checks[index]?.verdict, paint));
  const why = checks.flatMap(({ verdict, name, why }) => (verdict !== "Pass" && why ? [`${labelOf(name)}: ${why}`] : []));
  return [row("", title, ...marked), ...(why.length > 0 ? [row("why", ...why)] : [])];
}

function cellsOf(check: CheckStatus): string[] {
  const { requests } = check;
  return [labelOf(check.name), MARK[check.verdict].mark, numbers(check.canary, requests?.canary), numbers(check.stable, requests?.stable)];
}

/** `99.91% of 1,204` */
function numbers(value: string | undefined, requests: number | undefined): string {
  const count = requests === undefined ? "" : `of ${requests.toLocaleString("en-US")}`;
  return value === undefined ? (requests === 0 ? "no requests" : count) : `${value} ${count}`.trimEnd();
}

function colourMark(line: string, verdict: Verdict | undefined, paint: RenderOptions["paint"]): string {
  if (verdict === undefined) return line;
  const { mark, style } = MARK[verdict];
  return line.replace(mark, paint(style, mark));
}

/** `success` of success-rate, `p99` of latency-p99. */
export function labelOf(name: string): string {
  return name.replace(/-rate$/, "").replace(/^latency-/, "");
}
