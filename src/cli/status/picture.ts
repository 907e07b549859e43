/** What the picture of a release is drawn from, and the rows that it is made of. */
import type { ExitCode } from "../exit-codes.ts";
import type { Paint } from "../io.ts";
import type { Facts } from "../release/facts.ts";
import type { ControllerState } from "../release/lease.ts";

export interface Picture {
  readonly facts: Facts;
  readonly controller: ControllerState;
  readonly exitCode: ExitCode;
}

export interface RenderOptions {
  readonly paint: Paint;
  /** IANA name; default: the machine's. */
  readonly timeZone?: string | undefined;
}

/** One branch of the tree. Without a label its lines stand where labels do. */
export interface Row {
  readonly label: string;
  readonly lines: readonly string[];
}

export function row(label: string, ...lines: readonly string[]): Row {
  return { label, lines };
}

export function clockTime(ms: number, timeZone: string | undefined, seconds = false): string {
  const style: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) style.second = "2-digit";
  if (timeZone !== undefined) style.timeZone = timeZone;
  return new Intl.DateTimeFormat("en-GB", style).format(ms);
}
