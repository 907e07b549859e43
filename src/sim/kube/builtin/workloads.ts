/** Deployments, ReplicaSets and what is built like them: a size, a selector, a pod template. */
import { child, equalJson, isObject, type Json, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { matchesLabels } from "../selectors.ts";
import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from "../status-error.ts";
import { defaultPodSpec, podSpecProblems } from "./pod-spec.ts";
import { dropNulls, dropZeros, setDefault, tidyTemplate } from "./typed.ts";

const COUNTS = [
  "observedGeneration",
  "updatedReplicas",
  "readyReplicas",
  "availableReplicas",
  "unavailableReplicas",
  "fullyLabeledReplicas",
  "conditions",
];

function decode(draft: Json): readonly string[] {
  dropNulls(draft);
  tidyTemplate(part(draft["spec"], "template"));
  return [];
}

function specChanged(draft: Json, previous: Json): boolean {
  return !equalJson(draft["spec"], previous["spec"]);
}

function annotationsChanged(draft: Json, previous: Json): boolean {
  return !equalJson(part(draft["metadata"], "annotations"), part(previous["metadata"], "annotations"));
}

export const deploymentRules: KindRules = {
  decode,
  defaults(draft) {
    const spec = child(draft, "spec");
    defaultWorkload(spec);
    const strategy = child(spec, "strategy");
    setDefault(strategy, "type", "RollingUpdate");
    if (strategy["type"] === "RollingUpdate") {
      const update = child(strategy, "rollingUpdate");
      setDefault(update, "maxUnavailable", "25%");
      setDefault(update, "maxSurge", "25%");
    }
    setDefault(spec, "revisionHistoryLimit", 10);
    setDefault(spec, "progressDeadlineSeconds", 600);
    dropZeros(spec, ["paused", "minReadySeconds"]);
    dropZeros(child(draft, "status"), ["replicas", ...COUNTS]);
  },
  statusKeeps: ["annotations"],
  // Annotations too: the Deployment's strategy counts them, other kinds' don't.
  movesGeneration: (draft, previous) => specChanged(draft, previous) || annotationsChanged(draft, previous),
  validate: (draft, previous) => [...workloadProblems(draft, previous), ...deploymentProblems(part(draft, "spec"))],
};

export const replicaSetRules: KindRules = {
  decode,
  defaults(draft) {
    const spec = child(draft, "spec");
    defaultWorkload(spec);
    dropZeros(spec, ["minReadySeconds"]);
    const status = child(draft, "status");
    setDefault(status, "replicas", 0);
    dropZeros(status, COUNTS);
  },
  statusKeeps: ["labels", "annotations"],
  movesGeneration: specChanged,
  validate: workloadProblems,
};

export const statefulSetRules: KindRules = {
  decode,
  defaults(draft) {
    const spec = child(draft, "spec");
    defaultWorkload(spec);
    setDefault(spec, "podManagementPolicy", "OrderedReady");
    setDefault(spec, "revisionHistoryLimit", 10);
    setDefault(child(spec, "updateStrategy"), "type", "RollingUpdate");
    setDefault(child(draft, "status"), "replicas", 0);
  },
  movesGeneration: specChanged,
  validate: workloadProblems,
};

function defaultWorkload(spec: Json): void {
  setDefault(spec, "replicas", 1);
  defaultPodSpec(child(child(spec, "template"), "spec"));
}

function workloadProblems(draft: Json, previous: Json | undefined): FieldProblem[] {
  const spec = part(draft, "spec");
  return [
    ...sizeProblems(spec),
    ...(previous === undefined ? selectorProblems(spec) : selectorChanged(spec, part(previous, "spec"))),
    ...restartProblems(part(spec, "template")),
    ...podSpecProblems(part(part(spec, "template"), "spec"), "spec.template.spec"),
  ];
}

export function sizeProblems(spec: Json): FieldProblem[] {
  return wholeNumber(spec["replicas"]) ? [] : [invalidValue("spec.replicas", spec["replicas"], "must be greater than or equal to 0")];
}

function wholeNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function selectorProblems(spec: Json): FieldProblem[] {
  const selector = part(spec, "selector");
  if (Object.keys(selector).length === 0) {
    return [requiredValue("spec.selector")];
  }
  const labels = part(part(part(spec, "template"), "metadata"), "labels") as Record<string, string>;
  return matchesLabels(selector, labels)
    ? []
    : [invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")];
}

function selectorChanged(spec: Json, previous: Json): FieldProblem[] {
  if (!equalJson(spec["selector"], previous["selector"])) {
    return [invalidValue("spec.selector", spec["selector"] ?? null, "field is immutable")];
  }
  return selectorProblems(spec);
}

function restartProblems(template: Json): FieldProblem[] {
  const policy = part(template, "spec")["restartPolicy"];
  return policy === "Always" ? [] : [unsupportedValue("spec.template.spec.restartPolicy", policy, ["Always"])];
}

function deploymentProblems(spec: Json): FieldProblem[] {
  const strategy = part(spec, "strategy");
  const problems: FieldProblem[] = [];
  if (strategy["type"] === "Recreate" && isObject(strategy["rollingUpdate"])) {
    const text = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
    problems.push({ reason: "FieldValueForbidden", field: "spec.strategy.rollingUpdate", message: text });
  }
  const deadline = Number(spec["progressDeadlineSeconds"]);
  if (deadline <= Number(spec["minReadySeconds"] ?? 0)) {
    problems.push(invalidValue("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
  }
  return problems;
}
