import { createServer } from "node:http";
import { EnvHttpProxyAgent, ProxyAgent, request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { createAddressBook } from "../../../src/standin/forward-proxy/address-book.ts";
import { closeServer, listen } from "../../../src/standin/forward-proxy/listen.ts";
import { type ForwardedRequest, startForwardProxy } from "../../../src/standin/forward-proxy/server.ts";

async function open() {
  const seen: { url: string; host: string; method: string; body: string }[] = [];
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      seen.push({ url: incoming.url ?? "", host: incoming.headers.host ?? "", method: incoming.method ?? "", body });
      response.writeHead(201, { "x-who": "pod" }).end("hello");
    });
  });
  const book = createAddressBook();
  book.add("10.244.3.7", 4191, await listen(server));
  const requests: ForwardedRequest[] = [];
  const proxy = await startForwardProxy({ book, onRequest: (forwarded) => requests.push(forwarded) });
  onTestFinished(async () => {
    await proxy.close();
    await closeServer(server);
  });
  return { book, proxy, requests, seen };
}

test("a client that honours HTTP_PROXY reaches a pod by its address, in absolute form", async () => {
  const { proxy, seen, requests } = await open();
  const agent = new EnvHttpProxyAgent({ httpProxy: proxy.url, noProxy: "127.0.0.1" });
  onTestFinished(() => agent.close());
  const answer = await request("http://10.244.3.7:4191/metrics?x=1", { dispatcher: agent, headers: { "user-agent": "scraper" } });
  expect([answer.statusCode, answer.headers["x-who"], await answer.body.text()]).toEqual([201, "pod", "hello"]);
  expect(seen).toEqual([{ url: "/metrics?x=1", host: "10.244.3.7:4191", method: "GET", body: "" }]);
  expect(requests).toEqual([{ target: "10.244.3.7:4191", path: "/metrics", userAgent: "scraper", status: 201 }]);
});

test("a client that tunnels reaches it too", async () => {
  const { proxy, seen } = await open();
  const agent = new ProxyAgent({ uri: proxy.url, proxyTunnel: true });
  onTestFinished(() => agent.close());
  const answer = await request("http://10.244.3.7:4191/", { dispatcher: agent, method: "POST", body: "data" });
  expect(await answer.body.text()).toBe("hello");
  expect(seen[0]).toMatchObject({ method: "POST", body: "data" });
});

test.each([
  ["an address without a pod", "http://10.244.9.9:4191/", 502],
  ["a port that nobody serves", "http://10.244.3.7:80/", 502],
  ["a host outside the pod network", "http://127.0.0.1:1/", 403],
  ["a name outside the pod network", "http://example.com/", 403],
])("%s is refused", async (_what, url, status) => {
  const { proxy } = await open();
  const agent = new ProxyAgent({ uri: proxy.url });
  onTestFinished(() => agent.close());
  const answer = await request(url, { dispatcher: agent });
  await answer.body.dump();
  expect(answer.statusCode).toBe(status);
});

test("a pod that went away answers 502, by request and by tunnel", async () => {
  const { proxy, book } = await open();
  book.remove("10.244.3.7");
  const plain = new ProxyAgent({ uri: proxy.url });
  const tunnel = new ProxyAgent({ uri: proxy.url, proxyTunnel: true });
  onTestFinished(async () => void (await Promise.all([plain.close(), tunnel.close()])));
  const answer = await request("http://10.244.3.7:4191/", { dispatcher: plain });
  await answer.body.dump();
  expect(answer.statusCode).toBe(502);
  await expect(request("http://10.244.3.7:4191/", { dispatcher: tunnel })).rejects.toThrow();
});
