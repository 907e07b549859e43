/** `serin retry NAME`: another attempt at a revision that was refused. */
import { intentCommand } from "../intents/command.ts";

export const retry = intentCommand("retry");
