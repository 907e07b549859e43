/**
 * Writes `src/sim/kube/schemas/built-in.json`: the OpenAPI schemas of the built-in kinds that the in-memory API server serves, as a real API
 * server of the pinned version tells them, without descriptions and examples. Run it again when that version or the list of kinds changes.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtInKinds } from "../src/sim/kube/builtin-kinds.ts";
import { isObject, type Json, objectsOf, part } from "../src/sim/kube/json.ts";
import { createAsk } from "../src/standin/api-access.ts";
import { findBinaries } from "../src/standin/control-plane/binaries.ts";
import { startControlPlane } from "../src/standin/control-plane/control-plane.ts";

const FILE = fileURLToPath(new URL("../src/sim/kube/schemas/built-in.json", import.meta.url));
/** Served too, and no kinds of the store. */
const OTHERS = [
  { group: "autoscaling", version: "v1", kind: "Scale" },
  { group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview" },
];
const WANTED = [...builtInKinds, ...OTHERS];
/** Of what every path of every kind takes and answers. */
const META = ["DeleteOptions", "ListMeta", "Patch", "Status"].map((name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`);

const folder = await mkdtemp(join(tmpdir(), "serin-schemas-"));
const plane = await startControlPlane({ binaries: await findBinaries(), folder });
try {
  const all = await allSchemas();
  const roots = Object.keys(all).filter((name) => META.includes(name) || isWanted(all[name] ?? {}));
  const lines = reachable(all, roots).map((name) => `${JSON.stringify(name)}: ${JSON.stringify(bare(all[name]))}`);
  await writeFile(FILE, `{\n${lines.join(",\n")}\n}\n`);
  console.log(`${lines.length} schemas written`);
} finally {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
}

async function allSchemas(): Promise<Record<string, Json>> {
  const ask = createAsk(plane.access(), "serin-schemas");
  const places = new Set(WANTED.map(({ group, version }) => (group === "" ? `api/${version}` : `apis/${group}/${version}`)));
  const schemas: Record<string, Json> = {};
  for (const place of places) {
    const document = await (await ask(`/openapi/v3/${place}`, {})).body.json();
    Object.assign(schemas, part(part(document, "components"), "schemas"));
  }
  return schemas;
}

function isWanted(schema: Json): boolean {
  const kinds = objectsOf(schema["x-kubernetes-group-version-kind"]);
  return (
    part(schema, "properties")["metadata"] !== undefined &&
    WANTED.some(({ group, version, kind }) =>
      kinds.some((one) => one["group"] === group && one["version"] === version && one["kind"] === kind),
    )
  );
}

/** Their names, in order of the alphabet. */
function reachable(all: Record<string, Json>, roots: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (isObject(value)) {
      const { $ref: reference } = value;
      const name = typeof reference === "string" ? (reference.split("/").at(-1) ?? "") : "";
      if (name !== "" && !found.has(name)) {
        found.add(name);
        visit(all[name]);
      }
      Object.values(value).forEach(visit);
    }
  };
  visit(roots.map((name) => ({ $ref: name })));
  return [...found].sort();
}

function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(bare);
  }
  const words = (key: string, value: unknown) => key === "description" && typeof value === "string";
  return isObject(schema)
    ? Object.fromEntries(
        Object.entries(schema)
          .filter(([key, value]) => !words(key, value))
          .map(([key, value]) => [key, bare(value)]),
      )
    : schema;
}
