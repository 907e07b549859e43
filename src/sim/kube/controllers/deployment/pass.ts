/**
 * One look at a Deployment: what was read, what it becomes, and the writes so far, in order.
 *
 * A pass writes the status once. Kubernetes' second write in a pass is refused, for the first moved the resourceVersion; that change leads to the next
 * pass, which does it.
 */
import type { LiveDeployment, LivePod, LiveSet } from "../objects.ts";
import type { Again } from "../work-queue.ts";
import type { Write } from "../writes.ts";

export interface DeploymentInput {
  readonly deployment: LiveDeployment;
  /** Those that it owns. */
  readonly sets: readonly LiveSet[];
  /** Of these sets. */
  readonly pods: readonly LivePod[];
  readonly now: number;
}

export interface DeploymentPlan {
  readonly writes: readonly Write[];
  readonly again: Again;
}

export interface Pass extends DeploymentInput {
  deployment: LiveDeployment;
  newSet: LiveSet | undefined;
  oldSets: readonly LiveSet[];
  readonly writes: Write[];
  again: Again;
  /** The status is among the writes. */
  told: boolean;
}

export function begin(input: DeploymentInput): Pass {
  return { ...input, newSet: undefined, oldSets: input.sets, writes: [], again: undefined, told: false };
}

export function tell(pass: Pass): void {
  if (!pass.told) {
    pass.told = true;
    pass.writes.push({ verb: "status", object: pass.deployment });
  }
}

/** All sets as they were read; a change of size in this pass shows in the next. */
export function allSets({ newSet, oldSets }: Pass): readonly LiveSet[] {
  return newSet === undefined ? oldSets : [...oldSets, newSet];
}
