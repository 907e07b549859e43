/** `serin promote NAME [--full]`: passes what the release waits for; one promote opens one door. */
import { intentCommand } from "../intents/command.ts";

export const promote = intentCommand("promote", (command) =>
  command.option("--full", "skip the rest of the steps too: 100 %, bake, hand-over"),
);
