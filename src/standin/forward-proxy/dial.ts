/** Connections into the pod network, tunnelled by the forward proxy's CONNECT. */
import { request } from "node:http";
import type { Socket } from "node:net";

/** Rejects where nobody listens. */
export type Dial = (ip: string, port: number) => Promise<Socket>;

export function dialThrough(proxyUrl: string): Dial {
  const proxy = new URL(proxyUrl);
  return (ip, port) =>
    new Promise((resolve, reject) => {
      const connecting = request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${ip}:${port}`, agent: false });
      connecting.once("connect", ({ statusCode }, socket) => {
        if (statusCode === 200) {
          socket.setNoDelay(true);
          resolve(socket);
          return;
        }
        socket.destroy();
        reject(new Error(`${ip}:${port}: ${statusCode} of the forward proxy`));
      });
      connecting.once("error", reject);
      connecting.end();
    });
}
