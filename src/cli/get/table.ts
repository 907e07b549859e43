/** CanaryRollouts as a table, with the columns that kubectl shows. Pure. */
import type { RolloutObject } from "../../engine/types.ts";
import { factsOf } from "../release/facts.ts";
import { ageOf, stepText } from "../release/words.ts";

export interface TableOptions {
  readonly allNamespaces: boolean;
  readonly wide: boolean;
  readonly now: number;
}

interface Column {
  readonly title: string;
  readonly of: (rollout: RolloutObject, now: number) => string | undefined;
}

const NAMESPACE: Column = { title: "NAMESPACE", of: ({ metadata }) => metadata.namespace };
const COMMON: readonly Column[] = [
  { title: "NAME", of: ({ metadata }) => metadata.name },
  { title: "PHASE", of: ({ status }) => status?.phase },
  { title: "STEP", of: (rollout) => stepText(factsOf({ rollout, deployment: undefined, sets: [] })).replace(/^step /, "") },
  { title: "WEIGHT", of: ({ status }) => status?.traffic?.weight },
  { title: "VERDICT", of: ({ status }) => status?.analysis?.verdict },
  { title: "MESSAGE", of: ({ status }) => status?.message },
];
const WIDE: readonly Column[] = [
  { title: "STABLE", of: ({ status }) => status?.stable?.revision },
  { title: "CANARY", of: ({ status }) => status?.canary?.revision },
];
const AGE: Column = { title: "AGE", of: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) };

export function tableOf(rollouts: readonly RolloutObject[], { allNamespaces, wide, now }: TableOptions): string[] {
  const columns = [...(allNamespaces ? [NAMESPACE] : []), ...COMMON, ...(wide ? WIDE : []), AGE];
  const rows = rollouts.map((rollout) => columns.map(({ of }) => of(rollout, now) ?? ""));
  return aligned([columns.map(({ title }) => title), ...rows]);
}

/** Columns as wide as their widest cell, three spaces apart. */
export function aligned(rows: readonly (readonly string[])[], gap = "   "): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}
