// The chart's memory figure is the gateway's own: it comes from formulas made of gateway/plan.ts, evaluated by templates,
// and is compared here, term by term, with what `nea plan` says about the very ConfigMap that is rendered.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plan } from "../../gateway/plan.ts";
import { ARTIFACTS } from "./artifacts.ts";
import { evaluate, HelmError, helmIsHere, helmOrSkip, type Manifest, template, valuesFiles } from "./helm.ts";
import { assertSame, derivePlan } from "./plan-formula.ts";
import { configWith, type Point, QUANTITIES } from "./plan-quantities.ts";
import { envOf, gatewayOf, gatewayYamlOf, mountVolumes, podOf } from "./pod.ts";

const MIB = 1024 * 1024;
const run = promisify(execFile);

interface ChartPlan {
  readonly terms: readonly { readonly name: string; readonly bytes: number }[];
  readonly totalBytes: number;
  readonly memoryMi: number;
}

test.each(ARTIFACTS)(
  "$file is what the gateway says (to make it anew: node test/chart/generate.ts)",
  ({ file, render }) => {
    const current = readFileSync(file, "utf8");
    expect(current, `${relative(process.cwd(), file)} is out of date: run node test/chart/generate.ts`).toBe(
      render(current),
    );
  },
);

describe("the formulas", () => {
  const formula = derivePlan();
  const amount = fc.integer({ min: 0, max: 5000 });

  test("give what the plan gives, for any numbers", () => {
    const point = fc.record(Object.fromEntries(QUANTITIES.map((quantity) => [quantity, amount])));
    const few = fc.record({
      "tls": fc.nat(1),
      "fleet": fc.nat(1),
      "routes.count": fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(point, few, (some, other) =>
        assertSame(formula, configWith({ ...some, ...other } as Point)),
      ),
    );
  });

  test("give what the plan gives, for any pools", () => {
    const pool = fc.record({
      slots: fc.integer({ min: 1, max: 4096 }),
      arenaBytes: fc.integer({ min: 16, max: 16384 }).map((pages) => pages * 65536),
      queueLength: amount,
      queueWaitMs: fc.constant(250),
    });
    const base = configWith(Object.fromEntries(QUANTITIES.map((quantity) => [quantity, 3])) as Point);
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), pool, { maxKeys: 4 }), (some) => {
        const pools = Object.fromEntries(Object.entries(some).map(([name, own]) => [name, { name, ...own }]));
        assertSame(formula, { ...base, pools });
      }),
    );
  });

  test("that are wrong are noticed, with the name of the term", () => {
    const [first, ...others] = formula.terms;
    const doubled = {
      ...first!,
      products: first!.products.map((product) => ({ ...product, factor: 2 * product.factor })),
    };
    const config = configWith(Object.fromEntries(QUANTITIES.map((quantity) => [quantity, 3])) as Point);
    expect(() => assertSame({ ...formula, terms: [doubled, ...others] }, config)).toThrow(
      /the term "arenas POOL"/,
    );
  });
});

describe.skipIf(!helmIsHere)(`the memory of a pod, by ${helmOrSkip}`, async () => {
  const files = helmIsHere ? await valuesFiles() : [];
  let root: string;
  beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "nea-memory-"))));
  afterAll(() => rm(root, { recursive: true }));

  test.each(files)(
    "ci/$name: the chart's terms are those of `nea plan`, to the byte",
    async ({ name, file }) => {
      const rendering = { files: [file] };
      const [chart, plan] = await Promise.all([
        planOfChart(rendering),
        planOfGateway(await template(rendering), join(root, name)),
      ]);
      expect(chart.terms).toEqual(
        plan.terms.map(({ name, bytes }) => ({ bytes, name })).sort(like(chart.terms)),
      );
      expect(chart.totalBytes).toBe(plan.totalBytes);
    },
  );

  test.each(files)("ci/$name: request and limit are the sum, rounded up to whole Mi", async ({ file }) => {
    const manifests = await template({ files: [file] });
    const { totalBytes } = await planOfChart({ files: [file] });
    const memory = `${Math.ceil(totalBytes / MIB)}Mi`;
    expect(memoryOf(manifests)).toEqual({ requests: memory, limits: memory });
    for (const { resources } of podOf(manifests).initContainers?.filter(({ name }) => name === "handlers") ??
      []) {
      expect(resources.limits["memory"]).toBe(memory);
    }
  });

  test("500 slots in a pool move the figure by what 484 slots cost", async () => {
    const [few, many] = [16, 500].map((slots) => ({ values: { config: { pools: { small: { slots } } } } }));
    const plans = await Promise.all(
      [few!, many!].map(async (own) =>
        planOfGateway(await template(own), await mkdtemp(join(root, "slots-"))),
      ),
    );
    const [a, b] = await Promise.all([planOfChart(few!), planOfChart(many!)]);
    expect(b.totalBytes - a.totalBytes).toBe(plans[1]!.totalBytes - plans[0]!.totalBytes);
    expect(b.totalBytes - a.totalBytes).toBeGreaterThanOrEqual(484 * 4 * MIB);
    expect(memoryOf(await template(many))["limits"]).toBe(`${b.memoryMi}Mi`);
  });

  test("a limit of one Mi less than the plan is refused with both figures, the plan itself is accepted", async () => {
    const { memoryMi } = await planOfChart({});
    const limited = (mebibytes: number) =>
      template({ values: { resources: { limits: { memory: `${mebibytes}Mi` } } } });
    await expect(limited(memoryMi - 1)).rejects.toThrow(
      new RegExp(
        `resources\\.limits\\.memory is ${memoryMi - 1}Mi, but this config needs .*Leave it out and the chart sets ${memoryMi}Mi`,
      ),
    );
    await expect(limited(memoryMi - 1)).rejects.toThrow(HelmError);
    expect(memoryOf(await limited(memoryMi))).toEqual({ requests: `${memoryMi}Mi`, limits: `${memoryMi}Mi` });
  });

  test("a larger limit becomes the request as well", async () => {
    const manifests = await template({ values: { resources: { limits: { memory: "3Gi" } } } });
    expect(memoryOf(manifests)).toEqual({ requests: "3Gi", limits: "3Gi" });
  });

  test.each([
    { requests: "1", limits: "1", threads: 1 },
    { requests: "2", limits: "4", threads: 3 },
    { requests: "500m", limits: "2500m", threads: 2 },
    { requests: "3", limits: null, threads: 2 },
    { requests: 0.25, limits: 0.25, threads: 1 },
    { requests: "80", limits: "80", threads: 64 },
  ])(
    "CPU $requests to $limits is $threads arena threads, written into the config",
    async ({ requests, limits, threads }) => {
      const manifests = await template({
        values: { resources: { requests: { cpu: requests }, limits: { cpu: limits } } },
      });
      expect(gatewayYamlOf(manifests)).toMatch(new RegExp(`^threads: ${threads}$`, "m"));
    },
  );

  test("NOTES.txt shows the sum", async () => {
    const notes = (await evaluate(
      `{{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}`,
    )) as string;
    const { totalBytes, memoryMi } = await planOfChart({});
    expect(notes).toContain(`${(totalBytes / MIB).toFixed(1)}Mi`);
    expect(notes).toMatch(new RegExp(`requests = limits +${memoryMi}Mi`));
    expect(notes).toMatch(/never on memory/);
  });
});

async function planOfChart(rendering: Parameters<typeof evaluate>[1]): Promise<ChartPlan> {
  return (await evaluate(`{{ include "nea.plan" . }}`, rendering)) as ChartPlan;
}

/** What `nea plan` says about the rendered config, with the pod's files around it. */
async function planOfGateway(manifests: readonly Manifest[], root: string): Promise<Plan> {
  const tls = { "tls.crt": "certificate", "tls.key": "key" };
  const secrets = { "redis": { uri: "redis://redis:6379" }, "edge-tls": tls };
  await mountVolumes(manifests, root, secrets);
  const file = join(root, "etc/nea/plan.yaml");
  await writeFile(file, await withVolumes(gatewayYamlOf(manifests), root));
  const main = new URL("../../gateway/main.ts", import.meta.url).pathname;
  const env = { PATH: process.env["PATH"], ...envOf(manifests, secrets) };
  const { stdout } = await run(process.execPath, [main, "plan", "--json", "--config", file], { env });
  return JSON.parse(stdout) as Plan;
}

/** Handlers that come from an image or a volume are not there, so a file takes the place of each. */
async function withVolumes(text: string, root: string): Promise<string> {
  const handlers = [...text.matchAll(/handler: (\/handlers\/\S+)/g)].map(([, file]) =>
    join(root, file as string),
  );
  for (const file of handlers) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "");
  }
  return text.replaceAll("handler: /handlers/", `handler: ${join(root, "handlers")}/`);
}

/** Pools are in another order in a map of Go's. */
function like(terms: ChartPlan["terms"]) {
  const order = new Map(terms.map(({ name }, index) => [name, index]));
  return (a: { name: string }, b: { name: string }) => order.get(a.name)! - order.get(b.name)!;
}

function memoryOf(manifests: readonly Manifest[]): Record<string, unknown> {
  const { requests, limits } = gatewayOf(manifests).resources;
  return { requests: requests["memory"], limits: limits["memory"] };
}
