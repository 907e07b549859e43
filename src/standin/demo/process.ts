/** Entry of the demo's child processes: `node process.ts api|control-plane|node|client|hollow-mesh`, spoken to over the channel of its parent. */
import { type Role, serveParent } from "./ipc.ts";
import { apiRole } from "./role-api.ts";
import { clientRole } from "./role-client.ts";
import { controlPlaneRole } from "./role-control-plane.ts";
import { hollowMeshRole } from "./role-hollow-mesh.ts";
import { nodeRole } from "./role-node.ts";
import { sweep } from "./sweep.ts";

const ROLES: Readonly<Record<string, () => Role>> = {
  api: apiRole,
  "control-plane": controlPlaneRole,
  node: nodeRole,
  client: clientRole,
  "hollow-mesh": hollowMeshRole,
};

const role = ROLES[process.argv[2] ?? ""];
if (role === undefined || process.send === undefined) {
  console.error("This is a part of `serin demo`, not a program of its own.");
  process.exit(3);
}
// Ctrl-C, or the end of the terminal, reaches the whole group; the parent decides when its children end.
for (const name of ["SIGINT", "SIGHUP"] as const) process.on(name, () => {});
serveParent(role(), sweep);
