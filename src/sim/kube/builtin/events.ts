/** Events: one set of objects, stored as events.k8s.io/v1, seen through core/v1 too under the older field names. */
import { equalJson, type Json, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { type FieldProblem, invalidValue, requiredValue } from "../status-error.ts";
import { checkMicroTime } from "./leases.ts";
import { dropNulls, setDefault } from "./typed.ts";

/** events.k8s.io/v1 name -> core/v1 name. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  regarding: "involvedObject",
  note: "message",
  reportingController: "reportingComponent",
  deprecatedSource: "source",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedCount: "count",
};
const NEWER_NAMES = Object.fromEntries(Object.entries(OLDER_NAMES).map(([newer, older]) => [older, newer]));

export function coreFromEvents(event: Json): Json {
  return renamed(event, OLDER_NAMES, "v1");
}

export function eventsFromCore(event: Json): Json {
  return renamed(event, NEWER_NAMES, "events.k8s.io/v1");
}

function renamed(event: Json, names: Readonly<Record<string, string>>, apiVersion: string): Json {
  const fields = Object.entries(event).map(([key, value]) => [names[key] ?? key, value]);
  return { ...Object.fromEntries(fields), apiVersion };
}

function rulesOf(name: (newer: string) => string, problemsOf: (event: Json, previous: Json | undefined) => FieldProblem[]): KindRules {
  const nullTimes = ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"].map(name);
  return {
    decode(draft) {
      dropNulls(draft);
      checkMicroTime(draft["eventTime"]);
      checkMicroTime(part(draft, "series")["lastObservedTime"]);
      return [];
    },
    defaults(draft) {
      for (const field of [...nullTimes, "eventTime"]) {
        setDefault(draft, field, null);
      }
      setDefault(draft, name("deprecatedSource"), {});
      for (const field of [name("reportingController"), "reportingInstance"]) {
        setDefault(draft, field, "");
      }
    },
    validate: problemsOf,
  };
}

export const eventRules: KindRules = rulesOf((newer) => newer, eventProblems);

export const coreEventRules: KindRules = rulesOf((newer) => OLDER_NAMES[newer] ?? newer, coreEventProblems);

function eventProblems(event: Json, previous: Json | undefined): FieldProblem[] {
  if (event["eventTime"] === null) {
    return [requiredValue("eventTime")];
  }
  if (previous !== undefined) {
    return immutableProblems(event, previous);
  }
  return [
    ...namespaceProblems(event, "regarding"),
    ...["reportingController", "reportingInstance", "action", "reason"]
      .filter((field) => (event[field] ?? "") === "")
      .map((field) => requiredValue(field)),
    ...["reportingInstance", "action", "reason"].flatMap((field) => lengthProblems(event, field, 128)),
    ...lengthProblems(event, "note", 1024),
    ...(event["type"] === "Normal" || event["type"] === "Warning" ? [] : [invalidValue("type", event["type"] ?? "", "has invalid value")]),
  ];
}

function coreEventProblems(event: Json): FieldProblem[] {
  return namespaceProblems(event, "involvedObject");
}

/** Events of cluster-scoped objects live in `default`. */
function namespaceProblems(event: Json, field: string): FieldProblem[] {
  const about = part(event, field)["namespace"];
  const expected = about === undefined || about === "" ? "default" : about;
  return part(event, "metadata")["namespace"] === expected
    ? []
    : [invalidValue(`${field}.namespace`, about ?? "", "does not match event.namespace")];
}

function lengthProblems(event: Json, field: string, most: number): FieldProblem[] {
  const text = String(event[field] ?? "");
  return text.length <= most ? [] : [invalidValue(field, text, `can have at most ${most} characters`)];
}

const FIXED = ["regarding", "related", "reason", "action", "note", "type", "reportingController", "reportingInstance", "eventTime"];

function immutableProblems(event: Json, previous: Json): FieldProblem[] {
  return FIXED.filter((field) => !equalJson(event[field], previous[field])).map((field) =>
    invalidValue(field, event[field] ?? null, "field is immutable"),
  );
}
