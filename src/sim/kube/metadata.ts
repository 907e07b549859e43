/** `metadata`: its form, its rules, and what only the server may write. */
import { equalJson, isObject, type Json, listOf, objectsOf } from "./json.ts";
import type { NameRule } from "./kinds.ts";
import { type FieldProblem, forbiddenValue, invalidValue, requiredValue } from "./status-error.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Empty maps and lists of metadata are no fields; `null` neither. */
export function tidyMetadata(meta: Json): void {
  for (const [key, value] of Object.entries(meta)) {
    if (
      value === null ||
      value === "" ||
      (isObject(value) && Object.keys(value).length === 0) ||
      (Array.isArray(value) && value.length === 0)
    ) {
      delete meta[key];
    }
  }
}

export function metadataProblems(meta: Json, rule: NameRule): FieldProblem[] {
  return [
    ...nameProblems(meta, rule),
    ...Object.entries(mapOf(meta["labels"])).flatMap(([key, value]) => [
      ...qualifiedNameProblems("metadata.labels", key),
      ...labelValueProblems("metadata.labels", value),
    ]),
    ...annotationProblems(mapOf(meta["annotations"])),
    ...ownerProblems(objectsOf(meta["ownerReferences"])),
    ...listOf(meta["finalizers"]).flatMap((name) => qualifiedNameProblems("metadata.finalizers", String(name))),
  ];
}

function mapOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function nameProblems(meta: Json, rule: NameRule): FieldProblem[] {
  const name = meta["name"];
  if (typeof name !== "string" || name === "") {
    return [requiredValue("metadata.name", "name or generateName is required")];
  }
  const text = nameProblem(name, rule);
  return text === undefined ? [] : [invalidValue("metadata.name", name, text)];
}

export function nameProblem(name: string, rule: NameRule): string | undefined {
  switch (rule) {
    case "subdomain":
      return textProblem(name, SUBDOMAIN, 253, SUBDOMAIN_TEXT);
    case "label1123":
      return textProblem(name, LABEL, 63, LABEL_TEXT);
    case "label1035":
      return textProblem(name, LABEL_1035, 63, LABEL_1035_TEXT);
    case "path":
      return name === "." || name === ".." || /[/%]/.test(name) ? "may not be '.' or '..' and may not contain '/' or '%'" : undefined;
  }
}

function textProblem(text: string, pattern: RegExp, longest: number, wrong: string): string | undefined {
  if (text.length > longest) {
    return `must be no more than ${longest} ${longest === 63 ? "characters" : "characters"}`;
  }
  return pattern.test(text) ? undefined : wrong;
}

export function labelValueProblems(field: string, value: unknown): FieldProblem[] {
  if (typeof value !== "string") {
    return [invalidValue(field, value, "must be a string")];
  }
  if (value.length > 63) {
    return [invalidValue(field, value, "must be no more than 63 bytes")];
  }
  return value === "" || NAME_PART.test(value) ? [] : [invalidValue(field, value, LABEL_VALUE_TEXT)];
}

/** `prefix/name`, the prefix optional. */
export function qualifiedNameProblems(field: string, key: string): FieldProblem[] {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) {
    return [
      invalidValue(
        field,
        key,
        `a qualified name ${QUALIFIED_TEXT.slice("name part ".length)} with an optional DNS subdomain prefix and '/'`,
      ),
    ];
  }
  const prefix = parts.length === 2 ? nameProblem(parts[0] ?? "", "subdomain") : undefined;
  const problems = prefix === undefined ? [] : [invalidValue(field, key, `prefix part ${prefix}`)];
  if (name.length > 63) {
    return [...problems, invalidValue(field, key, "name part must be no more than 63 bytes")];
  }
  return NAME_PART.test(name) ? problems : [...problems, invalidValue(field, key, QUALIFIED_TEXT)];
}

function annotationProblems(annotations: Json): FieldProblem[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  const size: FieldProblem[] =
    bytes > MAX_ANNOTATIONS_BYTES
      ? [
          {
            reason: "FieldValueTooLong",
            field: "metadata.annotations",
            message: `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
          },
        ]
      : [];
  return [
    ...Object.entries(annotations).flatMap(([key, value]) => [
      ...qualifiedNameProblems("metadata.annotations", key.toLowerCase()),
      ...(typeof value === "string" ? [] : [invalidValue("metadata.annotations", value, "must be a string")]),
    ]),
    ...size,
  ];
}

function ownerProblems(owners: readonly Json[]): FieldProblem[] {
  const missing = owners.flatMap((owner, index) =>
    ["apiVersion", "kind", "name", "uid"]
      .filter((key) => typeof owner[key] !== "string" || owner[key] === "")
      .map((key) => invalidValue(`metadata.ownerReferences[${index}].${key}`, owner[key] ?? "", `${key} must not be empty`)),
  );
  const controllers = owners.filter((owner) => owner["controller"] === true);
  if (controllers.length < 2) {
    return missing;
  }
  const [first, second] = controllers.map((owner) => `${String(owner["kind"])}/${String(owner["name"])}`);
  const text = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;
  return [...missing, invalidValue("metadata.ownerReferences", owners, text)];
}

const SERVER_FIELDS = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

/** What an update may leave out, and must not change. */
export function keepServerFields(meta: Json, previous: Json): void {
  for (const key of SERVER_FIELDS) {
    meta[key] ??= previous[key];
  }
  meta["generation"] = previous["generation"];
  for (const key of [...SERVER_FIELDS, "generation"].filter((name) => meta[name] === undefined)) {
    delete meta[key];
  }
}

export function metadataUpdateProblems(meta: Json, previous: Json): FieldProblem[] {
  const immutable = SERVER_FIELDS.filter((key) => !equalJson(meta[key], previous[key])).map((key) =>
    invalidValue(`metadata.${key}`, meta[key], "field is immutable"),
  );
  return [...immutable, ...newFinalizerProblems(meta, previous)];
}

function newFinalizerProblems(meta: Json, previous: Json): FieldProblem[] {
  const old = listOf(previous["finalizers"]);
  const added = listOf(meta["finalizers"]).filter((name) => !old.includes(name));
  if (previous["deletionTimestamp"] === undefined || added.length === 0) {
    return [];
  }
  const names = added.map((name) => JSON.stringify(name)).join(", ");
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
  return [forbiddenValue("metadata.finalizers", text)];
}
