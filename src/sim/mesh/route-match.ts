/** Which rule of a policy a request meets: the most specific match, of equals the first. */
import type { Policy, PolicyRule, RouteMatch, ValueMatch } from "./policy.ts";

export interface RequestHead {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Exactness of the path, its length, then how many headers, query parameters and methods are named. */
type Rank = readonly number[];

export function findRule(policy: Policy, request: RequestHead): PolicyRule | undefined {
  let best: { rule: PolicyRule; rank: Rank } | undefined;
  for (const rule of policy) {
    for (const match of rule.matches.length === 0 ? [{}] : rule.matches) {
      const rank = rankOf(match, request);
      if (rank !== undefined && (best === undefined || isHigher(rank, best.rank))) best = { rule, rank };
    }
  }
  return best?.rule;
}

function rankOf(match: RouteMatch, { method, path, headers }: RequestHead): Rank | undefined {
  const url = new URL(path, "http://request");
  const pathRank = rankOfPath(match.path ?? {}, url.pathname);
  const named = match.headers ?? [];
  const queried = match.queryParams ?? [];
  const holds =
    pathRank !== undefined &&
    named.every((entry) => matchesValue(entry, headerText(headers[entry.name.toLowerCase()]))) &&
    queried.every((entry) => matchesValue(entry, url.searchParams.get(entry.name) ?? undefined)) &&
    (match.method ?? method) === method;
  return holds ? [...pathRank, named.length, queried.length, Number(match.method !== undefined)] : undefined;
}

function rankOfPath({ type = "PathPrefix", value = "/" }: NonNullable<RouteMatch["path"]>, path: string): Rank | undefined {
  if (type === "Exact") return path === value ? [2, value.length] : undefined;
  if (type === "RegularExpression") return new RegExp(`^(?:${value})$`).test(path) ? [1, 0] : undefined;
  const prefix = value.replace(/\/$/, "");
  return path === prefix || path.startsWith(`${prefix}/`) ? [1, prefix.length] : undefined;
}

function matchesValue({ type = "Exact", value }: ValueMatch, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  return type === "RegularExpression" ? new RegExp(value).test(actual) : actual === value;
}

function isHigher(rank: Rank, other: Rank): boolean {
  const index = rank.findIndex((value, position) => value !== other[position]);
  return index >= 0 && (rank[index] ?? 0) > (other[index] ?? 0);
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
