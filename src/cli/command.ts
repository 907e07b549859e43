/** What a command is: a light entry for the overview, and the whole of it, loaded when it is called. */
import type { Command } from "commander";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export interface Invocation<Options = Readonly<Record<string, unknown>>> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly io: Io;
  /** Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface CliCommand {
  /** Adds arguments, options and help. */
  define(command: Command): void;
  run(invocation: Invocation): Promise<ExitCode>;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CliCommand>;
}

/** `define` declares the options that `run` reads: the one place where their types are taken on trust. */
export function defineCommand<Options extends object>(command: {
  readonly define: (command: Command) => void;
  readonly run: (invocation: Invocation<Options>) => Promise<ExitCode>;
}): CliCommand {
  return { define: command.define, run: (invocation) => command.run(invocation as Invocation<Options>) };
}
