/** Columns of the workloads that Serin does not release, which `kubectl get all` lists too. */
import { isObject, type Json, listOf, objectsOf, part } from "../../sim/kube/json.ts";
import { ageText, durationText } from "./age.ts";
import { AGE, age, type BuiltInColumns, column, count, labelsText, templateCells, WIDE_WORKLOAD } from "./column.ts";

const numbers = (...names: readonly string[]) => names.map((name) => column(name, "integer"));

export const batchColumns: Readonly<Record<string, BuiltInColumns>> = {
  "/replicationcontrollers": {
    columns: [...numbers("Desired", "Current", "Ready"), AGE, ...WIDE_WORKLOAD],
    cells(object, now) {
      const [spec, status] = [part(object, "spec"), part(object, "status")];
      const sizes = [spec["replicas"], status["replicas"], status["readyReplicas"]].map(count);
      return [...sizes, age(object, now), ...templateCells(object).slice(0, 2), labelsText(part(spec, "selector"))];
    },
  },
  "apps/daemonsets": {
    columns: [...numbers("Desired", "Current", "Ready", "Up-to-date", "Available"), column("Node Selector"), AGE, ...WIDE_WORKLOAD],
    cells(object, now) {
      const status = part(object, "status");
      const names = ["desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"];
      const nodes = part(part(part(part(object, "spec"), "template"), "spec"), "nodeSelector");
      return [...names.map((name) => count(status[name])), labelsText(nodes), age(object, now), ...templateCells(object)];
    },
  },
  "autoscaling/horizontalpodautoscalers": {
    columns: [...["Reference", "Targets", "MinPods", "MaxPods", "Replicas"].map((name) => column(name)), AGE],
    cells(object, now) {
      const spec = part(object, "spec");
      const target = part(spec, "scaleTargetRef");
      const reference = `${String(target["kind"])}/${String(target["name"])}`;
      const replicas = count(part(object, "status")["currentReplicas"]);
      return [reference, targetsText(object), String(spec["minReplicas"] ?? "<unset>"), spec["maxReplicas"], replicas, age(object, now)];
    },
  },
  "batch/cronjobs": {
    columns: [
      column("Schedule"),
      column("Timezone"),
      column("Suspend", "boolean"),
      column("Active", "integer"),
      column("Last Schedule"),
      AGE,
      ...WIDE_WORKLOAD,
    ],
    cells(object, now) {
      const [spec, status] = [part(object, "spec"), part(object, "status")];
      const last = status["lastScheduleTime"];
      return [
        spec["schedule"],
        spec["timeZone"] ?? "<none>",
        spec["suspend"] === true,
        listOf(status["active"]).length,
        last === undefined ? "<none>" : ageText(last, now),
        age(object, now),
        ...templateCells(object, part(part(spec, "jobTemplate"), "spec")),
      ];
    },
  },
  "batch/jobs": {
    columns: [column("Status"), column("Completions"), column("Duration"), AGE, ...WIDE_WORKLOAD],
    cells: (object, now) => [jobStatus(object), completions(object), duration(object, now), age(object, now), ...templateCells(object)],
  },
};

const SHOWN_TARGETS = 2;

/** `cpu: 40%/80%`, `<unknown>` where nothing was measured yet. */
function targetsText(object: Json): string {
  const measured = objectsOf(part(object, "status")["currentMetrics"]);
  const texts = objectsOf(part(object, "spec")["metrics"]).map((metric, index) => targetText(metric, measured[index] ?? {}));
  const more = texts.length - SHOWN_TARGETS;
  return texts.length === 0 ? "<none>" : `${texts.slice(0, SHOWN_TARGETS).join(", ")}${more > 0 ? ` + ${more} more...` : ""}`;
}

function targetText(metric: Json, measured: Json): string {
  const source = Object.values(metric).find(isObject) ?? {};
  const current = part(Object.values(measured).find(isObject) ?? {}, "current");
  const text = (of: Json) => {
    const percent = of["averageUtilization"];
    return percent === undefined ? (of["averageValue"] ?? of["value"]) : `${String(percent)}%`;
  };
  const name = source["name"] === undefined ? "" : `${String(source["name"])}: `;
  return `${name}${String(text(current) ?? "<unknown>")}/${String(text(part(source, "target")) ?? "<auto>")}`;
}

/** Conditions that are told as a job's status, the first that is true. */
const JOB_STATES = ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"];

function jobStatus(object: Json): string {
  const conditions = objectsOf(part(object, "status")["conditions"]).filter((condition) => condition["status"] === "True");
  const known = JOB_STATES.find((type) => conditions.some((condition) => condition["type"] === type));
  return known ?? (part(object, "metadata")["deletionTimestamp"] === undefined ? "Running" : "Terminating");
}

function completions(object: Json): string {
  const spec = part(object, "spec");
  const done = count(part(object, "status")["succeeded"]);
  const parallelism = count(spec["parallelism"]);
  return spec["completions"] === undefined
    ? `${done}/1${parallelism > 1 ? ` of ${parallelism}` : ""}`
    : `${done}/${count(spec["completions"])}`;
}

function duration(object: Json, now: number): string {
  const { startTime, completionTime } = part(object, "status");
  const end = typeof completionTime === "string" ? Date.parse(completionTime) : now;
  return typeof startTime === "string" ? durationText(Math.max(0, end - Date.parse(startTime))) : "";
}
