/** `serin abort NAME`: all requests back to stable, at once. */
import { intentCommand } from "../intents/command.ts";

export const abort = intentCommand("abort");
