/** `serin restart NAME`: new pods of the same images, as a release. */
import { intentCommand } from "../intents/command.ts";

export const restart = intentCommand("restart");
