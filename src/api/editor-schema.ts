/** JSON Schema for editors (draft 7, as the YAML language server reads it): completion, documentation and checks while typing. */
import { z } from "zod";
import { CanaryRollout } from "./canary-rollout.ts";
import { API_VERSION } from "./marks.ts";

/** Keywords for the API server and for the reference. */
const OURS = /^(x-kubernetes-.*|resolved|change)$/;

export function editorSchema(): unknown {
  const schema = z.toJSONSchema(CanaryRollout, { target: "draft-7", io: "input" });
  const { $schema, ...rest } = strip(schema) as Record<string, unknown>;
  return { $schema, title: `CanaryRollout (${API_VERSION})`, ...rest };
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !OURS.test(key))
      .map(([key, child]) => [key, strip(child)]),
  );
}
