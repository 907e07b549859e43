/** Kinds that need little: namespaces, endpoint slices, autoscalers, budgets, and those that are only kept. */
import { child, equalJson, isObject, type Json, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { requiredValue } from "../status-error.ts";
import { dropNulls, eachObject, setDefault, setTo } from "./typed.ts";

function decode(draft: Json): readonly string[] {
  dropNulls(draft);
  return [];
}

export const plainRules: KindRules = { decode };

/** Kept as they are, with a generation that moves with the spec. */
export const specRules: KindRules = {
  decode,
  movesGeneration: (draft, previous) => !equalJson(draft["spec"], previous["spec"]),
};

export const namespaceRules: KindRules = {
  decode,
  defaults(draft) {
    setTo(child(child(draft, "metadata"), "labels"), "kubernetes.io/metadata.name", part(draft, "metadata")["name"]);
    setDefault(child(draft, "spec"), "finalizers", ["kubernetes"]);
    setDefault(child(draft, "status"), "phase", "Active");
  },
};

export const endpointSliceRules: KindRules = {
  decode,
  defaults(draft) {
    setDefault(draft, "endpoints", null);
    setDefault(draft, "ports", null);
    eachObject(draft["ports"], (port) => {
      setDefault(port, "name", "");
      setDefault(port, "protocol", "TCP");
    });
    eachObject(draft["endpoints"], (endpoint) => child(endpoint, "conditions"));
  },
  movesGeneration: (draft, previous) => {
    const { metadata: meta, ...fields } = draft;
    const { metadata: oldMeta, ...oldFields } = previous;
    return !equalJson(fields, oldFields) || !equalJson(part(meta, "labels"), part(oldMeta, "labels"));
  },
  validate: (draft) => (draft["addressType"] === undefined ? [requiredValue("addressType")] : []),
};

export const autoscalerRules: KindRules = {
  decode,
  defaults(draft) {
    const spec = child(draft, "spec");
    setDefault(spec, "minReplicas", 1);
    setDefault(spec, "metrics", [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }]);
    setDefault(child(draft, "status"), "desiredReplicas", 0);
    setDefault(child(draft, "status"), "currentMetrics", null);
  },
};

export const secretRules: KindRules = {
  decode(draft) {
    dropNulls(draft);
    if (isObject(draft["stringData"])) {
      const texts = Object.entries(draft["stringData"]).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]);
      draft["data"] = { ...part(draft, "data"), ...Object.fromEntries(texts) };
      delete draft["stringData"];
    }
    return [];
  },
  defaults: (draft) => setDefault(draft, "type", "Opaque"),
};
