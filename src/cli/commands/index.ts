/** The registry of commands. Each is loaded when it is called, so that help and completion are quick. */
import type { CommandEntry } from "../command.ts";

export const COMMANDS: readonly CommandEntry[] = [
  { name: "get", summary: "list CanaryRollouts", load: async () => (await import("./get.ts")).get },
  { name: "status", summary: "show where a release stands, and why", load: async () => (await import("./status.ts")).status },
  { name: "wait", summary: "wait until a release is decided", load: async () => (await import("./wait.ts")).wait },
  { name: "promote", summary: "pass what a release waits for", load: async () => (await import("./promote.ts")).promote },
  { name: "abort", summary: "roll the running release back", load: async () => (await import("./abort.ts")).abort },
  { name: "retry", summary: "try a refused revision once more", load: async () => (await import("./retry.ts")).retry },
  { name: "restart", summary: "start all pods anew, as a release", load: async () => (await import("./restart.ts")).restart },
  { name: "eject", summary: "break glass: undo everything, without a controller", load: async () => (await import("./eject.ts")).eject },
  {
    name: "uninstall",
    summary: "leave: give everything back, everywhere",
    load: async () => (await import("./uninstall.ts")).uninstall,
  },
  { name: "lint", summary: "check manifests offline", load: async () => (await import("./lint.ts")).lint },
  { name: "crds", summary: "print the CustomResourceDefinitions", load: async () => (await import("./crds.ts")).crds },
  { name: "controller", summary: "run the controller", load: async () => (await import("./controller.ts")).controller },
  { name: "demo", summary: "watch a good and a bad release, on this machine alone", load: async () => (await import("./demo.ts")).demo },
];
