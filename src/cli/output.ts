/** Objects as a machine reads them. */
import { Option } from "commander";
import { stringify } from "yaml";
import type { KubeObject } from "../domain/kube.ts";

export function outputOption(...formats: readonly string[]): Option {
  return new Option("-o, --output <format>", "output").choices([...formats]);
}

export function printed(value: unknown, format: "json" | "yaml"): string {
  return format === "json" ? JSON.stringify(value, null, 2) : stringify(value, { lineWidth: 0 }).trimEnd();
}

/** Without managedFields, as kubectl shows objects. */
export function shown(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
