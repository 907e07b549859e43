/** What of a command's print must be the same another time. */
import type { Command } from "./kubectl-recording.ts";

const CHANGES: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z)/g, "<time>"],
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, "<time>"],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uid>"],
  [/\bweb-[0-9a-z]{5,10}(-[0-9a-z]{5})?\b/g, "web-<generated>"],
  [/\b10\.96\.\d+\.\d+\b/g, "10.96.x.x"],
  [/(resourceVersion: "|Resource Version:\s+|resourceVersion\\*":\\*")\d+/gi, "$1<version>"],
  [/(\s)\d+(m\d+)?s\b/g, "$1<age>"],
  [/\S*\/(LIVE|MERGED)-\d+\//g, "$1/"],
  [/ {2,}/g, "  "],
];

/** Lines that tell how far controllers and pods were at that moment, or who tells of them. */
const MOMENTARY: Readonly<Record<string, RegExp>> = {
  "05-rollout-status": /^Waiting for deployment/,
  "33-get-rs": /^(replicaset|pod|endpointslice)/,
};

export function comparablePrint({ name }: Command, lines: readonly string[]): readonly string[] {
  const lasting = lines.filter((line) => !MOMENTARY[name]?.test(line));
  return lasting.map((line) => CHANGES.reduce((text, [pattern, by]) => text.replace(pattern, by), line));
}
