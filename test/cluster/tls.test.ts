import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/domain/clock.ts";
import { RESOURCES } from "../../src/domain/kube.ts";
import { clientFor, json, kubeConfigFor, listen, urlOf } from "./support/http.ts";
import { OTHER_CERTIFICATE, TEST_CERTIFICATE, TEST_KEY } from "./support/tls.ts";

const { services } = RESOURCES;
const caData = Buffer.from(TEST_CERTIFICATE).toString("base64");
const keyData = Buffer.from(TEST_KEY).toString("base64");

async function tlsServer(options: object = {}) {
  const handshakes: { readonly alpn: string | false | null; readonly client: unknown }[] = [];
  const server = createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE, ALPNProtocols: ["h2", "http/1.1"], ...options }, (_, response) => {
    json(response, 200, { apiVersion: "v1", kind: "Service", metadata: { name: "web" } });
  });
  server.on("secureConnection", (socket) =>
    handshakes.push({ alpn: socket.alpnProtocol, client: socket.getPeerCertificate().subject?.CN }),
  );
  await listen(server);
  return { url: urlOf(server).replace("http:", "https:"), handshakes };
}

function get(server: string, user: object, cluster: object) {
  const client = clientFor("", { kubeConfig: kubeConfigFor(server, user, { skipTLSVerify: false, ...cluster }) });
  return () => client.get(services, "shop", "web");
}

test("a server is trusted by the kubeconfig's CA alone", async () => {
  const { url } = await tlsServer();
  await expect(get(url, {}, { caData })()).resolves.toMatchObject({ metadata: { name: "web" } });
  await expect(get(url, {}, {})()).rejects.toMatchObject({ kind: "retry", reason: "Unreachable" });
  await expect(get(url, {}, { skipTLSVerify: true })()).resolves.toBeDefined();
});

test("tls-server-name is what the certificate must name", async () => {
  const { url } = await tlsServer();
  await expect(get(url, {}, { caData, tlsServerName: "api.test" })()).resolves.toBeDefined();
  await expect(get(url, {}, { caData, tlsServerName: "other.test" })()).rejects.toMatchObject({ reason: "Unreachable" });
});

test("a client certificate is shown, a hundred calls take a few handshakes, and none is HTTP/2", async () => {
  const { url, handshakes } = await tlsServer({ requestCert: true, ca: TEST_CERTIFICATE });
  const call = get(url, { certData: caData, keyData }, { caData });
  for (let i = 0; i < 100; i += 1) await call();
  expect(handshakes.length).toBeLessThan(4);
  expect(new Set(handshakes.map(({ alpn, client }) => `${alpn} ${client}`))).toEqual(new Set(["http/1.1 serin-test"]));
});

test("a renewed CA file is used without a restart", async () => {
  const { url } = await tlsServer();
  const folder = mkdtempSync(join(tmpdir(), "serin-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const caFile = join(folder, "ca.crt");
  writeFileSync(caFile, OTHER_CERTIFICATE);
  let elapsed = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + elapsed };
  const client = clientFor("", { kubeConfig: kubeConfigFor(url, {}, { skipTLSVerify: false, caFile }), clock });
  await expect(client.get(services, "shop", "web")).rejects.toMatchObject({ reason: "Unreachable" });
  writeFileSync(caFile, TEST_CERTIFICATE);
  elapsed = 10_000;
  await expect(client.get(services, "shop", "web")).resolves.toBeDefined();
});
