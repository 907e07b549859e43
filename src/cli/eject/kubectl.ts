/** The steps of an eject as kubectl lines that do the same, for a night on which Serin's own command is not at hand. Pure. */

import { POD_TEMPLATE_HASH } from "../../api/marks.ts";
import type { Resource } from "../../domain/kube.ts";
import type { EjectStep } from "./step.ts";

export function kubectlLines(steps: readonly EjectStep[], namespace: string): string[] {
  return steps.flatMap((step) => [`# ${step.title}`, ...linesOf(step, `kubectl -n ${quoted(namespace)}`)]);
}

function linesOf(step: EjectStep, kubectl: string): string[] {
  switch (step.type) {
    case "mergePatch":
      return [`${kubectl} patch ${kindOf(step.resource)} ${step.name} --type=merge -p ${json(step.patch)}`, ...pause(step.pauseMs)];
    case "jsonPatch":
      return [`${kubectl} patch ${kindOf(step.resource)} ${step.name} --type=json -p ${json(step.operations)}`, ...pause(step.pauseMs)];
    case "delete":
      return [`${kubectl} delete ${kindOf(step.resource)} ${step.name}`];
    case "create":
      return [`${kubectl} create -f - <<'EOF'`, JSON.stringify(step.object), "EOF"];
    case "wait": {
      const { until } = step;
      if ("ready" in until) return [`${kubectl} wait --for=jsonpath='{.status.readyReplicas}' replicaset/${until.ready} --timeout=5m`];
      return until.gone.map((hash) => `${kubectl} wait --for=delete pod -l ${POD_TEMPLATE_HASH}=${hash} --timeout=5m`);
    }
    default:
      return step satisfies never;
  }
}

/** With the group, since a cluster may have another kind of the same name. */
function kindOf({ plural, group }: Resource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function pause(ms = 0): string[] {
  return ms === 0 ? [] : [`sleep ${Math.ceil(ms / 1000)}`];
}

function json(value: unknown): string {
  return quoted(JSON.stringify(value));
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
