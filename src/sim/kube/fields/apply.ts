/** Server-side apply of a whole object: what it makes of a live one, and who owns what then. */
import { type Json, objectsOf, part } from "../json.ts";
import { apiVersionOf, type Kind } from "../kinds.ts";
import { badRequest, StatusError } from "../status-error.ts";
import { compare, saidIn } from "./compare.ts";
import { difference, type Fields, fieldsIn, intersection, isEmpty, pathTexts, sameFields, union } from "./field-set.ts";
import { type FieldType, typeOf } from "./field-types.ts";
import { entryOf, inOrder, isOwn, managedAfter, type Writer, withoutTouched, writable } from "./managed-fields.ts";
import { merged, withNamedFields, without } from "./merge.ts";
import { applyProblems } from "./problems.ts";

export interface Application {
  readonly kind: Kind;
  /** undefined: there is none yet. */
  readonly live: Json | undefined;
  readonly applied: Json;
  readonly writer: Writer & { readonly operation: "Apply" };
  /** Takes fields from others who own them. */
  readonly force: boolean;
}

/** The object as it is wanted, with its managers. Throws 409 where others own what would change, 500 where the object does not fit its schema. */
export function appliedObject({ kind, live, applied, writer, force }: Application): Json {
  const type = typeOf(kind);
  checkApplied(kind, applied);
  const entries = live === undefined ? [] : entriesOf(kind, live, writer);
  const own = entries.find((entry) => isOwn(kind, entry, writer));
  const others = entries.filter((entry) => entry !== own);
  const said = saidIn(type, applied);
  const wanted = pruned(type, merged(type, live ?? {}, applied) as Json, own === undefined ? {} : fieldsIn(own), [
    said,
    ...others.map(fieldsIn),
  ]);
  const changes = compare(type, writable(kind, live ?? {}, writer.subresource), writable(kind, wanted, writer.subresource));
  if (!force) {
    refuseConflicts(others, changes.written);
  }
  const fields = saidIn(type, writable(kind, applied, writer.subresource));
  const isSame = own !== undefined && isEmpty(union(changes.written, changes.removed)) && sameFields(fieldsIn(own), withoutRoots(fields));
  const mine = isSame ? own : entryOf(kind, writer, withoutRoots(fields));
  const managedFields = inOrder([...withoutTouched(others, changes), ...(isEmpty(fieldsIn(mine)) ? [] : [mine])]);
  return { ...wanted, metadata: { ...part(live, "metadata"), ...part(wanted, "metadata"), ...keptFields(wanted), managedFields } };
}

/** `metadata` of `wanted` says what there is of labels and the like: what is gone from it must not come back from the live object. */
function keptFields(wanted: Json): Json {
  return Object.fromEntries(
    ["labels", "annotations", "finalizers", "ownerReferences"].map((field) => [field, part(wanted, "metadata")[field]]),
  );
}

/** `metadata: {}`, which is left where only the server's fields were said, is nobody's. */
function withoutRoots(fields: Fields): Fields {
  const { "f:metadata": metadata = {}, ...rest } = fields;
  return isEmpty(metadata) ? rest : fields;
}

function checkApplied(kind: Kind, applied: Json): void {
  const meta = part(applied, "metadata");
  if (objectsOf(meta["managedFields"]).length > 0) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const problems = applyProblems(typeOf(kind), applied);
  if (problems.length > 0) {
    const name = [meta["namespace"], meta["name"]].filter((text) => text !== undefined).join("/");
    const text = problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join("\n")}`;
    throw new StatusError(500, "", `failed to create typed patch object (${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}): ${text}`);
  }
}

/** Who wrote an object before managers were noted down owns all of it, by the name `before-first-apply`. */
function entriesOf(kind: Kind, live: Json, writer: Writer): Json[] {
  const entries = objectsOf(part(live, "metadata")["managedFields"]);
  const before = { ...writer, manager: "before-first-apply", operation: "Update", subresource: undefined } as const;
  return entries.length > 0 ? entries : managedAfter(kind, [], undefined, live, before);
}

/** Without what this manager applied last time and now nobody owns. */
function pruned(type: FieldType, object: Json, last: Fields, owned: readonly Fields[]): Json {
  const all = owned.map((fields) => withNamedFields(type, fields)).reduce(union, {});
  const gone = difference(withNamedFields(type, last), all);
  return isEmpty(gone) ? object : (without(type, object, gone) as Json);
}

function refuseConflicts(others: readonly Json[], written: Fields): void {
  const conflicts = others.flatMap((entry) => {
    const paths = pathTexts(intersection(fieldsIn(entry), written));
    return paths.length === 0 ? [] : [{ who: managerText(entry), paths }];
  });
  const count = conflicts.reduce((sum, { paths }) => sum + paths.length, 0);
  if (count === 0) {
    return;
  }
  const causes = conflicts.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${who}`, field })),
  );
  const [first] = causes;
  const text =
    causes.length === 1
      ? `${first?.message}: ${first?.field}`
      : conflicts.map(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)].join("\n")).join("\n");
  throw new StatusError(409, "Conflict", `Apply failed with ${count} conflict${count === 1 ? "" : "s"}: ${text}`, { causes });
}

function managerText({ manager, operation, subresource, apiVersion }: Json): string {
  const part = subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${part}${operation === "Apply" ? "" : ` using ${String(apiVersion)}`}`;
}
