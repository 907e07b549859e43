/** Failures that only clients saw, while both sides are read at moments of their own. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { BALANCED, type Sides, settle } from "../../src/metrics/client-only.ts";

function settled(moments: readonly Partial<Sides>[]): number[] {
  let balance = BALANCED;
  return moments.map((moment) => {
    const result = settle(balance, { client: 0, server: 0, serversLate: false, clientsLate: false, ...moment });
    balance = result.balance;
    return result.clientOnly;
  });
}

it("what clients saw and servers did not is counted at once where both were read together", () => {
  expect(settled([{ client: 30, server: 4 }, {}])).toEqual([26, 0]);
});

it("what servers report, callers that nobody named included, is no failure of clients", () => {
  expect(
    settled([
      { client: 3, server: 9 },
      { client: 0, server: 2 },
    ]),
  ).toEqual([0, 0]);
});

it("a failure that the servers report at the next moment is theirs", () => {
  expect(settled([{ client: 5, serversLate: true }, { server: 5, serversLate: true }, {}])).toEqual([0, 0, 0]);
});

it("a failure that the servers never report is counted at the next moment", () => {
  expect(settled([{ client: 5, serversLate: true }, { serversLate: true }, {}])).toEqual([0, 5, 0]);
});

it("a failure that the servers reported a moment earlier is theirs", () => {
  expect(settled([{ server: 5 }, { client: 5 }])).toEqual([0, 0]);
});

it("failures of callers that nobody named hide no later ones", () => {
  expect(settled([{ server: 50 }, {}, { client: 20 }])).toEqual([0, 0, 20]);
});

it("while a client is not read, what servers reported waits for it", () => {
  expect(settled([{ server: 5, clientsLate: true }, { clientsLate: true }, { client: 5 }])).toEqual([0, 0, 0]);
});

it("never negative, and over a run at most what clients saw", () => {
  const moment = fc.record({ client: fc.nat(20), server: fc.nat(20), serversLate: fc.boolean(), clientsLate: fc.boolean() });
  fc.assert(
    fc.property(fc.array(moment), (moments) => {
      const counts = settled(moments);
      expect(counts.every((count) => count >= 0)).toBe(true);
      const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
      expect(sum(counts)).toBeLessThanOrEqual(sum(moments.map(({ client }) => client)));
    }),
  );
});

it("the same failures on both sides, apart by up to one moment, add up to none", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(10), fc.nat(10)), { minLength: 1 }), (failures) => {
      // Of each moment's failures some reach the second side a moment later.
      const late = failures.map(([all, part]) => Math.min(all, part));
      const moments = failures.map(([all], index) => ({
        client: all,
        server: all - late[index]! + (late[index - 1] ?? 0),
        serversLate: true,
      }));
      expect(settled([...moments, { server: late.at(-1)!, serversLate: true }, {}]).reduce((a, b) => a + b, 0)).toBe(0);
    }),
  );
});
