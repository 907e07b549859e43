/** Leases: times with exactly six decimals, as Kubernetes' MicroTime is written and read. */
import { type Json, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { type FieldProblem, invalidValue } from "../status-error.ts";
import { DecodeError } from "./decode-error.ts";
import { dropNulls } from "./typed.ts";

export const leaseRules: KindRules = {
  decode(draft) {
    dropNulls(draft);
    const spec = part(draft, "spec");
    checkMicroTime(spec["acquireTime"]);
    checkMicroTime(spec["renewTime"]);
    return [];
  },
  validate(draft) {
    const spec = part(draft, "spec");
    return [
      ...numberProblems(spec, "leaseDurationSeconds", 1, "must be greater than 0"),
      ...numberProblems(spec, "leaseTransitions", 0, "must be greater than or equal to 0"),
    ];
  },
};

function numberProblems(spec: Json, field: string, least: number, text: string): FieldProblem[] {
  const value = spec[field];
  return typeof value === "number" && value < least ? [invalidValue(`spec.${field}`, value, text)] : [];
}

const LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

export function checkMicroTime(value: unknown): void {
  if (value === undefined || value === null) {
    return;
  }
  const text = String(value);
  const rest = text.replace(SECONDS, "");
  if (typeof value !== "string" || !SECONDS.test(text)) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as ${JSON.stringify(LAYOUT)}: cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  }
  if (!/^\.\d{6}(?!\d)/.test(rest)) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(LAYOUT)}: cannot parse ${JSON.stringify(rest)} as ".000000"`,
    );
  }
  const zone = rest.slice(7);
  if (!/^(Z|[+-]\d\d:\d\d)$/.test(zone)) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(text)} as ${JSON.stringify(LAYOUT)}: cannot parse ${JSON.stringify(zone)} as "Z07:00"`,
    );
  }
}
