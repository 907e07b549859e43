/** What ends a command: words for a person, a way out, and a code for scripts. */
import type { ExitCode } from "./exit-codes.ts";

export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** What to try, a line each. */
  readonly help: readonly string[];

  constructor(exitCode: ExitCode, message: string, help: readonly string[] = [], cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.help = help;
  }
}
