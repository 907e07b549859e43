/** Pods: what admission adds, the grace of their deletion, and the little that may change. */
import { child, equalJson, type Json, objectsOf, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { type FieldProblem, forbiddenValue } from "../status-error.ts";
import { defaultPodSpec, podSpecProblems } from "./pod-spec.ts";
import { dropNulls, setDefault } from "./typed.ts";

const NULL_TIMES = new Set(["lastProbeTime"]);

const EVICTIONS = ["not-ready", "unreachable"].map((taint) => ({
  key: `node.kubernetes.io/${taint}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 300,
}));

export const podRules: KindRules = {
  decode(draft) {
    dropNulls(draft, NULL_TIMES);
    return [];
  },
  defaults(draft) {
    const spec = child(draft, "spec");
    defaultPodSpec(spec);
    setDefault(spec, "enableServiceLinks", true);
    setDefault(child(draft, "status"), "phase", "Pending");
  },
  prepareCreate(draft) {
    const spec = child(draft, "spec");
    const tolerations = objectsOf(spec["tolerations"]);
    const added = EVICTIONS.filter(({ key }) => !tolerations.some((toleration) => toleration["key"] === key));
    spec["tolerations"] = [...tolerations, ...added];
    setDefault(spec, "priority", 0);
    setDefault(spec, "preemptionPolicy", "PreemptLowerPriority");
    child(draft, "status")["qosClass"] = qosClass(spec);
  },
  statusKeeps: ["labels", "annotations"],
  movesGeneration: (draft, previous) => !equalJson(draft["spec"], previous["spec"]),
  validate: (draft, previous) => [
    ...podSpecProblems(part(draft, "spec"), "spec"),
    ...(previous === undefined ? [] : changeProblems(part(draft, "spec"), part(previous, "spec"))),
  ],
  graceSeconds(pod, asked) {
    const spec = part(pod, "spec");
    const phase = part(pod, "status")["phase"];
    const asks = asked ?? Number(spec["terminationGracePeriodSeconds"] ?? 30);
    const runs = spec["nodeName"] !== undefined && phase !== "Succeeded" && phase !== "Failed";
    return runs ? Math.max(0, asks) : 0;
  },
};

function qosClass(spec: Json): string {
  const resources = objectsOf(spec["containers"]).map((container) => part(container, "resources"));
  const asked = resources.map((item) => ({ limits: part(item, "limits"), requests: part(item, "requests") }));
  if (asked.every(({ limits, requests }) => Object.keys(limits).length + Object.keys(requests).length === 0)) {
    return "BestEffort";
  }
  const guaranteed = asked.every(({ limits, requests }) =>
    ["cpu", "memory"].every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

const CHANGE_TEXT =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function changeProblems(spec: Json, previous: Json): FieldProblem[] {
  return equalJson(fixedPart(spec), fixedPart(previous)) ? [] : [forbiddenValue("spec", CHANGE_TEXT)];
}

function fixedPart(spec: Json): Json {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, containers, initContainers, nodeName: _node, ...rest } = spec;
  const withoutImages = (list: unknown) => objectsOf(list).map(({ image: _image, ...container }) => container);
  return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
}
