/** `serin controller`: the process that acts. Its options are those of the controller's own configuration. */
import type { Command } from "commander";
import type { z } from "zod";
import { ControllerConfig, flagOf, parseConfig } from "../../config.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

export const controller = defineCommand<Readonly<Record<string, unknown>>>({
  define(command) {
    for (const [name, field] of Object.entries(ControllerConfig.shape)) addOption(command, name, field);
    command.addHelpText("after", "\nEach option is also an environment variable: --log-level is SERIN_LOG_LEVEL. The option wins.");
  },
  async run({ options, io, signal }) {
    const parsed = parseConfig(options, io.env);
    if (!parsed.ok) throw new Failure(EXIT.badInput, "the controller's options cannot be right", parsed.errors);
    const { runController } = await import("../../controller/main.ts");
    await runController(parsed.config, signal);
    return EXIT.done;
  },
});

/** Defaults are told and left to the configuration: an option that is not given must not hide its variable. */
function addOption(command: Command, name: string, field: z.ZodType): void {
  const fallback = field.safeParse(undefined).data;
  const value = typeof fallback === "boolean" ? "[true|false]" : "<value>";
  // The identity's default is this process's own.
  const shown = fallback === undefined || name === "identity" ? "" : `; default: ${fallback}`;
  command.option(`${flagOf(name)} ${value}`, `${field.description ?? ""}${shown}`);
}
