// What cannot work is refused before a cluster sees it, in words that say which value and what to do.
import { describe, expect, test } from "vitest";
import { helmIsHere, helmOrSkip, template } from "./helm.ts";

interface Refusal {
  readonly title: string;
  readonly values: object;
  readonly says: RegExp;
}

const route = (handler: string, pool = "small") => ({ config: { routes: [{ handler, pool }] } });

/** By values.schema.json. */
const WRONG_VALUES: readonly Refusal[] = [
  {
    title: "an unknown value",
    values: { replicas: 2 },
    says: /at '': additional properties 'replicas' not allowed/,
  },
  {
    title: "an unknown key of the config",
    values: { config: { pools: { small: { slotz: 2 } } } },
    says: /at '\/config\/pools\/small': additional properties 'slotz' not allowed/,
  },
  {
    title: "an unknown key of a route",
    values: { config: { routes: [{ upsteam: "app" }] } },
    says: /at '\/config\/routes\/0': additional properties 'upsteam'/,
  },
  {
    title: "text for a number",
    values: { replicaCount: "two" },
    says: /at '\/replicaCount': got string, want integer/,
  },
  {
    title: "0 slots",
    values: { config: { pools: { small: { slots: 0 } } } },
    says: /at '\/config\/pools\/small\/slots': minimum: got 0, want 1/,
  },
  {
    title: "more slots than the gateway allows",
    values: { config: { pools: { small: { slots: 4097 } } } },
    says: /maximum: got 4,097, want 4,096/,
  },
  {
    title: "a size in other units",
    values: { config: { pools: { small: { arena: "4MB" } } } },
    says: /at '\/config\/pools\/small\/arena': '4MB' does not match/,
  },
  {
    title: "a duration without a unit",
    values: { config: { drain: { delay: 5 } } },
    says: /at '\/config\/drain\/delay': got number, want string/,
  },
  {
    title: "a pull policy that does not exist",
    values: { image: { pullPolicy: "Sometimes" } },
    says: /value must be one of 'IfNotPresent', 'Always', 'Never'/,
  },
  {
    title: "a digest that is none",
    values: { image: { digest: "sha256:abc" } },
    says: /at '\/image\/digest'/,
  },
  {
    title: "a handler outside of handlers/",
    values: { handlers: { files: { "../x.ts": "" } } },
    says: /at '\/handlers\/files': additional properties '\.\.\/x\.ts' not allowed/,
  },
];

/** By templates/_checks.tpl and _plan.tpl. */
const CANNOT_WORK: readonly Refusal[] = [
  {
    title: "a number that only the pod knows",
    values: { config: { proxy: { slots: "${SLOTS}" } } },
    says: /config\.proxy\.slots is "\$\{SLOTS\}"\. The chart computes the memory from it/,
  },
  {
    title: "a pool without an arena",
    values: { config: { pools: { big: { slots: 1 } } } },
    says: /config\.pools\.big needs slots and arena/,
  },
  {
    title: "requests other than limits",
    values: { resources: { requests: { memory: "2Gi" }, limits: { memory: "3Gi" } } },
    says: /must be equal; leave both out/,
  },
  {
    title: "a memory.limit below the plan",
    values: { config: { memory: { limit: "300Mi" } } },
    says: /config\.memory\.limit is 300Mi, but this config needs/,
  },
  {
    title: "an admin port that probes cannot reach",
    values: { config: { admin: "127.0.0.1:9090" } },
    says: /config\.admin is 127\.0\.0\.1:9090, which nothing outside the pod can reach/,
  },
  { title: "one port for both", values: { config: { admin: "0.0.0.0:8080" } }, says: /both use port 8080/ },
  {
    title: "any free port",
    values: { config: { listen: "0.0.0.0:0" } },
    says: /must end in a port that is not 0/,
  },
  {
    title: "a deadline before the delay is over",
    values: { config: { drain: { delay: "30s" } } },
    says: /the deadline must be later/,
  },
  {
    title: "a grace period that cuts requests off",
    values: { terminationGracePeriodSeconds: 29 },
    says: /terminationGracePeriodSeconds is 29, but stopping takes up to 30/,
  },
  {
    title: "a handler that is not there",
    values: route("handlers/gone.ts"),
    says: /config\.routes\[0\]\.handler is handlers\/gone\.ts, but handlers\.files has no gone\.ts/,
  },
  {
    title: "a pool that is not there",
    values: route("handlers/hello.ts", "smal"),
    says: /config\.routes\[0\]\.pool is smal, but config\.pools has small/,
  },
  {
    title: "two things at /handlers",
    values: { handlers: { image: "a:1", volume: { emptyDir: {} } } },
    says: /handlers\.image and handlers\.volume are all mounted at \/handlers/,
  },
  {
    title: "two autoscalers",
    values: {
      autoscaling: { hpa: { enabled: true }, keda: { enabled: true, prometheusAddress: "http://p:9090" } },
    },
    says: /two autoscalers on one Deployment fight/,
  },
  {
    title: "autoscaling on a pool that is not there",
    values: { autoscaling: { pools: ["big"], hpa: { enabled: true } } },
    says: /autoscaling\.pools names "big"; there are small, proxy, upgrades/,
  },
  {
    title: "KEDA without Prometheus",
    values: { autoscaling: { keda: { enabled: true } } },
    says: /needs prometheusAddress/,
  },
  {
    title: "a fleet without Redis",
    values: { config: { fleet: { name: "edge" } } },
    says: /config\.fleet needs Redis/,
  },
  {
    title: "Redis twice",
    values: { redis: { url: "redis://r", existingSecret: { name: "r" } } },
    says: /are both set; use one/,
  },
  {
    title: "an Ingress without hosts",
    values: { ingress: { enabled: true } },
    says: /ingress\.hosts is empty/,
  },
  {
    title: "an HTTPRoute without a Gateway",
    values: { httpRoute: { enabled: true } },
    says: /httpRoute\.parentRefs is empty/,
  },
];

describe.skipIf(!helmIsHere)(`refused, by ${helmOrSkip}`, () => {
  test.each(WRONG_VALUES)("by the schema: $title", ({ values, says }) =>
    expect(template({ values })).rejects.toThrow(says),
  );

  test.each(CANNOT_WORK)("in a sentence: $title", ({ values, says }) =>
    expect(template({ values })).rejects.toThrow(says),
  );

  test("not: a grace period that is just enough", async () => {
    await expect(template({ values: { terminationGracePeriodSeconds: 30 } })).resolves.toBeDefined();
  });
});
