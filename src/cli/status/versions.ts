/** The two versions: pods, and what share of the requests each one gets. Pure. */
import type { ReplicaSet } from "../../domain/kube.ts";
import type { Facts } from "../release/facts.ts";
import { ageOf, shortRevision, versionsOf } from "../release/words.ts";
import { type Row, row } from "./picture.ts";

export function versionRows(facts: Facts, now: number): Row[] {
  const { status, stableSet, trialSet, deployment } = facts;
  const { stable, canary } = status;
  if (stable === undefined) return [];
  const version = versionsOf(stable.images, canary?.images);
  const shares = sharesOf(facts, now);
  const wanted = deployment?.spec.replicas ?? stableSet?.spec.replicas;
  const stableCells = [
    `${version.stable} ${shortRevision(stable.revision, canary?.revision)}`,
    readyText(stableSet, stable.readyReplicas, wanted),
    shares.stable,
  ];
  if (!(facts.open || facts.stopped) || canary === undefined) return [row("stable", cells(stableCells, []))];
  const canaryCells = [
    `${version.canary} ${shortRevision(canary.revision, stable.revision)}`,
    readyText(trialSet, canary.readyReplicas, trialSet?.spec.replicas),
    shares.canary,
  ];
  return [row("stable", cells(stableCells, canaryCells)), row("canary", cells(canaryCells, stableCells))];
}

/** The two lines stand below each other. */
function cells(own: readonly string[], other: readonly string[]): string {
  const [version = "", ready = "", share = ""] = own;
  const first = version.padEnd(Math.max(version.length, other[0]?.length ?? 0));
  const second = ready.padStart(Math.max(ready.length, other[1]?.length ?? 0));
  return `${first} ${second}  ${share}`.trimEnd();
}

function readyText(set: ReplicaSet | undefined, remembered: number | undefined, wanted: number | undefined): string {
  const ready = set === undefined ? remembered : (set.status?.readyReplicas ?? 0);
  if (wanted === undefined) return ready === undefined ? "" : `${ready} ready`;
  return `${ready ?? 0}/${wanted} ready`;
}

function sharesOf({ status, open }: Facts, now: number): { stable: string; canary: string } {
  const { traffic } = status;
  if (!open || traffic === undefined) return { stable: "", canary: "" };
  if (Number.parseFloat(traffic.weight) === 0) return { stable: "all requests", canary: "no requests" };
  const share = traffic.observedShare;
  if (share === undefined) return { stable: "", canary: `weight ${traffic.weight}` };
  const rest = `${(100 - Number.parseFloat(share)).toFixed(1)}% of requests`;
  const confirmed = traffic.confirmedAt === undefined ? "not confirmed yet" : `confirmed ${ageOf(traffic.confirmedAt, now)} ago`;
  return { stable: rest, canary: `${share}  ${confirmed}` };
}
