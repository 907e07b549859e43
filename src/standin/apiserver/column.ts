/** What the columns of all kinds are made of. */
import { isObject, type Json, objectsOf, part } from "../../sim/kube/json.ts";
import { selectorText } from "../../sim/kube/scale.ts";
import { ageText } from "./age.ts";

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 1: shown with `-o wide`. */
  readonly priority: number;
}

export interface Columns {
  readonly definitions: readonly Column[];
  readonly cells: (object: Json, now: number) => readonly unknown[];
}

/** Of a built-in kind, behind its name. */
export interface BuiltInColumns {
  readonly columns: readonly Column[];
  readonly cells: Columns["cells"];
}

export const column = (name: string, type = "string", priority = 0): Column => ({ name, type, format: "", description: "", priority });
export const wide = (name: string) => column(name, "string", 1);
export const AGE = column("Age");
export const WIDE_WORKLOAD = [wide("Containers"), wide("Images"), wide("Selector")];

export const age = (object: Json, now: number) => ageText(part(object, "metadata")["creationTimestamp"], now);

/** Containers, images and selector of what has a pod template; `of`: where its `template` is. */
export function templateCells(object: Json, of: Json = part(object, "spec")): readonly string[] {
  const containers = objectsOf(part(part(of, "template"), "spec")["containers"]);
  const selector = isObject(of["selector"]) ? selectorText(of["selector"]) : "<none>";
  return [containers.map((item) => String(item["name"])).join(","), containers.map((item) => String(item["image"])).join(","), selector];
}

export function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** `a=1,b=2`, or `<none>`. */
export function labelsText(labels: Json): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return texts.sort().join(",") || "<none>";
}
