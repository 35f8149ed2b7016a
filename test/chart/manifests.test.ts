// What the chart makes of values: valid for Kubernetes, and right in the places where being wrong hurts.
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CHART } from "./artifacts.ts";
import { helmIsHere, helmOrSkip, lint, type Manifest, only, template, valuesFiles } from "./helm.ts";
import { faultsOf } from "./kubernetes-schemas.ts";
import { type Container, deploymentOf, gatewayOf, gatewayYamlOf, podOf } from "./pod.ts";

const files = helmIsHere ? await valuesFiles() : [];
const fileNamed = (name: string) => ({ files: [`${CHART}/ci/${name}-values.yaml`] });

describe.skipIf(!helmIsHere)(`every ci/*.yaml, by ${helmOrSkip}`, () => {
  test.each(files)("ci/$name passes helm lint", async ({ file }) => {
    await expect(lint(file)).resolves.toContain("0 chart(s) failed");
  });

  test.each(files)(
    "ci/$name: every manifest is valid, and has no field that Kubernetes does not know",
    async ({ file }) => {
      const manifests = await template({ files: [file] });
      expect((await Promise.all(manifests.map(faultsOf))).flat()).toEqual([]);
    },
  );

  test.each(files)(
    "ci/$name: every container the chart makes satisfies the restricted profile",
    async ({ file }) => {
      const manifests = await template({ files: [file] });
      const pods = [podOf(manifests), only(manifests, "Pod")["spec"] as ReturnType<typeof podOf>];
      for (const { containers, initContainers = [], securityContext, automountServiceAccountToken } of pods) {
        expect(automountServiceAccountToken).toBe(false);
        expect(securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 65532,
          seccompProfile: { type: "RuntimeDefault" },
        });
        for (const container of [...containers, ...initContainers].filter(({ name }) =>
          OURS.includes(name),
        )) {
          expect(container.securityContext).toEqual(RESTRICTED);
        }
      }
    },
  );

  test.each(files)(
    "ci/$name: Services find the pods, ports have the names that probes and Services use",
    async ({ file }) => {
      const manifests = await template({ files: [file] });
      const { labels } = deploymentOf(manifests).template.metadata;
      const names = gatewayOf(manifests).ports.map(({ name }) => name);
      for (const service of manifests.filter(({ kind }) => kind === "Service")) {
        const { selector, ports } = service["spec"] as { selector: object; ports: { targetPort: string }[] };
        expect(labels).toMatchObject(selector);
        expect(names).toEqual(expect.arrayContaining(ports.map(({ targetPort }) => targetPort)));
      }
      for (const { httpGet } of probesOf(gatewayOf(manifests))) expect(httpGet.port).toBe("admin");
    },
  );

  test.each(files)("ci/$name: the grace period covers preStop, the drain and the exit", async ({ file }) => {
    const manifests = await template({ files: [file] });
    const { drain } = parse(gatewayYamlOf(manifests)) as { drain?: { deadline: string } };
    const deadlineS = { "undefined": 25, "1.5m": 90 }[String(drain?.deadline)] as number;
    const { lifecycle } = gatewayOf(manifests) as { lifecycle?: { preStop: { sleep: { seconds: number } } } };
    const preStopS = lifecycle?.preStop.sleep.seconds ?? 0;
    expect(podOf(manifests).terminationGracePeriodSeconds).toBe(preStopS + deadlineS + 5);
  });
});

const OURS = ["gateway", "handlers", "test"];
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

function probesOf({ startupProbe, readinessProbe, livenessProbe }: Container) {
  return [startupProbe, readinessProbe, livenessProbe];
}

describe.skipIf(!helmIsHere)(`facts, by ${helmOrSkip}`, () => {
  test("the selector of a Deployment, which can never change, is the same for all values and chart versions", async () => {
    const selectors = await Promise.all(
      files.map(async ({ file }) => deploymentOf(await template({ files: [file] })).selector),
    );
    const next = deploymentOf(await withNextVersion((chart) => template({ chart }))).selector;
    for (const selector of [...selectors, next]) {
      expect(selector).toEqual({
        matchLabels: { "app.kubernetes.io/name": "nea-gateway", "app.kubernetes.io/instance": "web" },
      });
    }
  });

  test("a new version of the chart alone restarts no pod", async () => {
    const templateOf = async (manifests: Promise<Manifest[]>) => deploymentOf(await manifests).template;
    expect(await templateOf(withNextVersion((chart) => template({ chart })))).toEqual(
      await templateOf(template()),
    );
  });

  test("another greeting restarts the pods, unless they take changes up by themselves", async () => {
    const podWith = async (rollOnChange: boolean, text: string) => {
      const values = { rollOnChange, handlers: { files: { "hello.ts": text } } };
      return deploymentOf(await template({ values })).template;
    };
    expect(await podWith(true, "a")).not.toEqual(await podWith(true, "b"));
    expect(await podWith(false, "a")).toEqual(await podWith(false, "b"));
  });

  test("config, handlers and certificate are one volume, so they change together", async () => {
    const { volumes } = podOf(await template(fileNamed("large")));
    const projected = volumes.find(({ name }) => name === "config")?.["projected"] as { sources: object[] };
    expect(projected.sources).toEqual([
      { configMap: { name: "edge" } },
      {
        configMap: {
          name: "edge-handlers",
          items: [
            { key: "lib__greet.ts", path: "handlers/lib/greet.ts" },
            { key: "lib__hello.ts", path: "handlers/lib/hello.ts" },
            { key: "report.ts", path: "handlers/report.ts" },
          ],
        },
      },
      {
        secret: {
          name: "edge-tls",
          items: [
            { key: "tls.crt", path: "tls/tls.crt" },
            { key: "tls.key", path: "tls/tls.key" },
          ],
        },
      },
    ]);
  });

  test("Redis' URL is in a Secret and nowhere else", async () => {
    const manifests = await template(fileNamed("large"));
    const withUrl = manifests.filter((manifest) => JSON.stringify(manifest).includes(":secret@"));
    expect(withUrl.map(({ kind }) => kind)).toEqual(["Secret"]);
    expect(parse(gatewayYamlOf(manifests))).toMatchObject({
      fleet: { redis: "${NEA_REDIS_URL}", name: "edge" },
    });
    const reference = { secretKeyRef: { name: "edge-redis", key: "url" } };
    expect(gatewayOf(manifests).env).toEqual([{ name: "NEA_REDIS_URL", valueFrom: reference }]);
  });

  test("a Secret of one's own is used under its own key, and the fleet's settings stay", async () => {
    const manifests = await template(fileNamed("every-number"));
    expect(manifests.map(({ kind }) => kind)).not.toContain("Secret");
    expect(gatewayOf(manifests).env?.[0]).toEqual({
      name: "NEA_REDIS_URL",
      valueFrom: { secretKeyRef: { name: "redis", key: "uri" } },
    });
    const { fleet } = parse(gatewayYamlOf(manifests)) as { fleet: object };
    expect(fleet).toEqual({ name: "edge-fleet", interval: "2s", redis: "${NEA_REDIS_URL}" });
  });

  test("ports follow from the config", async () => {
    const manifests = await template(fileNamed("every-number"));
    expect(gatewayOf(manifests).ports).toEqual([
      { name: "http", containerPort: 8443 },
      { name: "admin", containerPort: 9999 },
    ]);
  });

  test("an image with a digest is pulled by it, from the registry that is set", async () => {
    const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const manifests = await template(fileNamed("large"));
    const image = `registry.internal:5000/edge/nea-gateway@${digest}`;
    expect(gatewayOf(manifests).image).toBe(image);
    expect((only(manifests, "Pod")["spec"] as ReturnType<typeof podOf>).containers[0]?.image).toBe(image);
  });

  test("an HPA counts slots in use per pool, and the replicas are its own", async () => {
    const manifests = await template(fileNamed("large"));
    expect(deploymentOf(manifests).replicas).toBeUndefined();
    const { metrics } = only(manifests, "HorizontalPodAutoscaler")["spec"] as { metrics: { pods: object }[] };
    const targetOf = (pool: string, averageValue: string) => ({
      metric: { name: "nea_slots_in_use", selector: { matchLabels: { pool } } },
      target: { type: "AverageValue", averageValue },
    });
    expect(metrics.map(({ pods }) => pods)).toEqual([
      targetOf("large", "2400m"),
      targetOf("proxy", "153600m"),
      targetOf("small", "300000m"),
      targetOf("upgrades", "38400m"),
    ]);
  });

  test("KEDA asks Prometheus for slots in use of this release's pods", async () => {
    const manifests = await template(fileNamed("every-number"));
    const { triggers } = only(manifests, "ScaledObject")["spec"] as { triggers: { metadata: object }[] };
    expect(triggers.map(({ metadata }) => metadata)).toEqual([
      {
        serverAddress: "http://prometheus.monitoring:9090",
        query: `sum(nea_slots_in_use{namespace="edge",service="web-nea-gateway-admin",pool="small"})`,
        threshold: "4.900",
      },
    ]);
  });

  test("the network policy opens the admin port to Prometheus and the test only", async () => {
    const { ingress } = only(await template(fileNamed("large")), "NetworkPolicy")["spec"] as {
      ingress: object[];
    };
    expect(ingress).toEqual([
      { ports: [{ port: "http" }], from: [{ namespaceSelector: {} }] },
      {
        ports: [{ port: "admin" }],
        from: [
          {
            podSelector: {
              matchLabels: { "app.kubernetes.io/instance": "web", "app.kubernetes.io/component": "test" },
            },
          },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
        ],
      },
    ]);
  });

  test("alerts and dashboard go in as they are, braces and all", async () => {
    const manifests = await template(fileNamed("large"));
    const rules = parse(readFileSync(`${CHART}/rules/nea-gateway.yaml`, "utf8")) as object;
    expect(only(manifests, "PrometheusRule")["spec"]).toEqual(rules);
    const dashboard = only(manifests, "ConfigMap", "-dashboard")["data"] as Record<string, string>;
    const file = readFileSync(`${CHART}/dashboards/nea-gateway.json`, "utf8");
    expect(JSON.parse(dashboard["nea-gateway.json"] as string)).toEqual(JSON.parse(file));
  });

  test("the example in the README renders, with the pool's arena from the defaults", async () => {
    const readme = readFileSync(`${CHART}/README.md`, "utf8");
    const example = /```yaml\n(# values\.yaml\n[^`]*)```/.exec(readme)?.[1] as string;
    const manifests = await template({ values: parse(example) as object });
    const { pools } = parse(gatewayYamlOf(manifests)) as { pools: object };
    expect(pools).toEqual({ small: { slots: 32, arena: "4Mi" } });
    expect(gatewayOf(manifests).env).toEqual([{ name: "GREETING", value: "hello" }]);
  });

  test("names stay within 63 characters, whatever the release is called", async () => {
    const manifests = await template({
      ...fileNamed("large"),
      release: "r".repeat(53),
      values: { fullnameOverride: "" },
    });
    expect(manifests.filter(({ metadata }) => metadata.name.length > 63)).toEqual([]);
  });
});

/** The chart as its next version would be. */
async function withNextVersion<T>(use: (chart: string) => Promise<T>): Promise<T> {
  const chart = await mkdtemp(join(tmpdir(), "nea-chart-"));
  try {
    await cp(CHART, chart, { recursive: true });
    const text = await readFile(join(chart, "Chart.yaml"), "utf8");
    await writeFile(join(chart, "Chart.yaml"), text.replace(/^version: .*$/m, "version: 99.0.0"));
    return await use(chart);
  } finally {
    await rm(chart, { recursive: true });
  }
}
