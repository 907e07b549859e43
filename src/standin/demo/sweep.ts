/**
 * What must not outlive the demo, even where its own process was killed: programs without a channel to it, and its folder. A child
 * process remembers them, and sweeps when it has lost its parent.
 */
import { rmSync } from "node:fs";

const processes = new Set<number>();
const folders = new Set<string>();

export function guardProcess(pid: number): void {
  processes.add(pid);
}

export function guardFolder(path: string): void {
  folders.add(path);
}

export function sweep(): void {
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}
