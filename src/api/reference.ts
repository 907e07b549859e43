/** The field reference as Markdown: type, default, meaning, and when to change each field. */
import { z } from "zod";
import { CanaryRolloutSpec } from "./canary-rollout.ts";
import { API_VERSION, INTENTS } from "./marks.ts";
import { hints } from "./schema/hint.ts";
import { unwrapped } from "./schema/walk.ts";
import { CanaryRolloutStatus } from "./status.ts";

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
  readonly change: string;
}

export function reference(): string {
  const fields = Object.entries(CanaryRolloutSpec.shape) as [string, z.ZodType][];
  const groups = fields.filter(([, schema]) => isGroup(schema)).map(([name, schema]) => section(name, rowsOf(name, schema)));
  const single = fields.filter(([, schema]) => !isGroup(schema)).flatMap(([name, schema]) => rowsOf(name, schema));
  return [HEAD, ...groups, section("Beside these", single), ANNOTATIONS, statusSection()].join("\n");
}

function isGroup(schema: z.ZodType): boolean {
  return unwrapped(schema) instanceof z.ZodObject;
}

const HEAD = `<!-- Generated from src/api by "npm run generate". -->
# Field reference

\`CanaryRollout\` (short name \`cro\`), ${API_VERSION}, namespaced. \`targetRef\` alone is a complete, safe rollout:

\`\`\`yaml
apiVersion: ${API_VERSION}
kind: CanaryRollout
metadata: {name: checkout, namespace: shop}
spec:
  targetRef: {kind: Deployment, name: checkout}
\`\`\`

Durations are written like \`90s\`, \`1h30m\` or \`500ms\`, percentages as strings with \`%\`. Unknown fields and values are errors.
\`serin lint FILE\` checks manifests offline and names line, value and fix; the API server checks the same rules.
`;

const ANNOTATIONS = `## Annotations

What a person wants done once is said by an annotation, on the CanaryRollout or on its Deployment (so that a commit can carry it); the command line writes the same.
A revision is the \`pod-template-hash\` of the new version; whatever follows \`#\` is free text, so that the same intent can be given again.

| annotation | value | command | effect |
|---|---|---|---|
| \`${INTENTS.promote}\` | \`<revision>\`, \`<revision>/full\` | \`serin promote\` | pass what the release waits for; \`/full\` skips the rest of the steps |
| \`${INTENTS.abort}\` | \`<revision>\` | \`serin abort\` | back to the stable version |
| \`${INTENTS.retry}\` | \`<revision>\` | \`serin retry\` | try a version that was rolled back once more |
| \`${INTENTS.restart}\` | any text | \`serin restart\` | replace all pods, as a release |
| \`${INTENTS.suspend}\` | a reason | | hold the traffic for as long as the annotation is there |
`;

function section(title: string, rows: readonly Row[]): string {
  const head = ["| field | type | default | meaning | change it |", "|---|---|---|---|---|"];
  const table = rows.map(({ path, type, fallback, meaning, change }) => line([`\`${path}\``, type, fallback, meaning, change]));
  return [`## ${title}`, "", ...head, ...table, ""].join("\n");
}

function statusSection(): string {
  const rows = rowsOf("status", CanaryRolloutStatus).filter(({ meaning }) => meaning !== "");
  const table = rows.slice(1).map(({ path, meaning }) => line([`\`${path}\``, meaning]));
  return ["## status", "", "Written by the controller.", "", "| field | meaning |", "|---|---|", ...table, ""].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

function rowsOf(path: string, schema: z.ZodType): Row[] {
  const bare = unwrapped(schema);
  const { description = "", change } = bare.meta() ?? {};
  const row: Row = {
    path,
    type: typeOf(bare),
    fallback: schema instanceof z.ZodOptional ? defaultOf(bare) : "required",
    meaning: description,
    change: typeof change === "string" ? change : "",
  };
  if (bare instanceof z.ZodArray) return [row, ...fieldsOf(`${path}[]`, bare.element as z.ZodType)];
  return [row, ...fieldsOf(path, bare)];
}

function fieldsOf(path: string, schema: z.ZodType): Row[] {
  const bare = unwrapped(schema);
  return bare instanceof z.ZodObject
    ? Object.entries(bare.shape).flatMap(([key, child]) => rowsOf(`${path}.${key}`, child as z.ZodType))
    : [];
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodObject) return "map";
  const expects = hints.get(schema)?.expects ?? schema.def.type;
  return expects.replace(/^(a|an|one of) /, "").replace(/, without quotes.*/, "");
}

function defaultOf(schema: z.ZodType): string {
  const meta = schema.meta() ?? {};
  if (meta["default"] !== undefined) return `\`${String(meta["default"])}\``;
  return typeof meta["resolved"] === "string" ? meta["resolved"] : "";
}
