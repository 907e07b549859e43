/**
 * From arguments to an exit code. Every mistake in them is answered with what was meant and code 3; every failure of a
 * command with its own words and code. Nothing is thrown but bugs.
 */
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import type { CommandEntry, Invocation } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT, EXIT_CODE_HELP, type ExitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { type Io, remark } from "./io.ts";

export async function runCli(args: readonly string[], io: Io, signal: AbortSignal, programName = "serin"): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: EXIT.done };
  const program = createProgram(io, programName);
  for (const entry of COMMANDS) await addCommand(program, entry, args, { io, signal }, outcome);
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  try {
    requireCommandFirst(args[0], programName);
    await program.parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (error) {
    return codeOf(error, io, signal);
  }
}

function createProgram(io: Io, name: string): Command {
  return new Command(name)
    .description("Progressive delivery for Kubernetes service meshes: canary releases judged by the mesh's own numbers.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .exitOverride()
    .showHelpAfterError("(--help shows how)")
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText("after", `\n${EXIT_CODE_HELP}`);
}

/** All are named in the overview; only the one that is called is loaded. */
async function addCommand(
  program: Command,
  entry: CommandEntry,
  args: readonly string[],
  given: Pick<Invocation, "io" | "signal">,
  outcome: { code: ExitCode },
): Promise<void> {
  const command = program.command(entry.name).description(entry.summary);
  if (!args.includes(entry.name)) return;
  const { define, run } = await entry.load();
  define(command);
  command.action(async () => {
    outcome.code = await run({ args: command.args, options: command.opts(), ...given });
  });
}

/** kubectl takes them anywhere; here each command has options of its own. */
function requireCommandFirst(first: string | undefined, programName: string): void {
  if (!first?.startsWith("-") || ["-h", "--help", "-V", "--version"].includes(first)) return;
  throw new Failure(EXIT.badInput, `${first} comes before the command`, [`write options after it: ${programName} get ${first} ...`]);
}

function codeOf(error: unknown, io: Io, signal: AbortSignal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  if (error instanceof Failure) {
    remark(io, `serin: ${error.message}`, ...error.help.map((line) => `  ${line}`));
    return error.exitCode;
  }
  if (signal.aborted) return EXIT.interrupted;
  throw error;
}
