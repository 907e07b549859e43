/** The process around a command: streams, environment, time. Commands touch nothing else of it. */
import { styleText } from "node:util";
import { type Clock, systemClock } from "../domain/clock.ts";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

export interface Io {
  readonly stdout: Output & NodeJS.WritableStream;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Colours where standard output shows them: a terminal, and NO_COLOR is not set. */
  readonly paint: Paint;
}

export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, env, clock: systemClock, paint: (style, text) => styleText(style, text, { stream: stdout }) };
}

export const plain: Paint = (_style, text) => text;

export function say(io: Pick<Io, "stdout">, ...lines: readonly string[]): void {
  for (const line of lines) io.stdout.write(`${line}\n`);
}

/** Beside the answer: it must not disturb a machine that reads standard output. */
export function remark(io: Pick<Io, "stderr">, ...lines: readonly string[]): void {
  for (const line of lines) io.stderr.write(`${line}\n`);
}
