// The admin page in a real browser, against a real gateway. Screenshots land in test/browser/screenshots (not in git).
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { PoolView, SlotsView } from "../../gateway/admin/views/shapes.ts";
import { GatewayProcess, inRepository } from "../support/gateway-process.ts";
import { HeldOrigin } from "../support/held-origin.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Containers have neither a sandbox for it nor a large /dev/shm nor a graphics card. */
const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const directory = mkdtempSync(join(tmpdir(), "nea-page-"));
const pass = join(directory, "pass.ts");
writeFileSync(
  pass,
  "export default { fetch: async (request: Request, env: unknown, ctx: any) => await ctx.next() };\n",
);

let browser: Browser;
let gateway: GatewayProcess;
let origin: HeldOrigin;

beforeAll(async () => {
  if (!existsSync(CHROMIUM))
    throw new Error(`no browser at ${CHROMIUM}: install Debian's chromium, or set CHROMIUM`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
});
afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

function configuration(): object {
  const bomb = { handler: inRepository("handlers/bomb.ts"), pool: "large", limits: { cpu: "5s" } };
  return {
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    upstreams: {
      app: { targets: [origin.url] },
      pair: {
        targets: [origin.url, "http://127.0.0.1:1"],
        balance: "round-robin",
        health: { passive: { failures: 1, eject: "1m" } },
      },
    },
    pools: {
      small: { slots: 4, arena: "4Mi", queue: { length: 1, wait: "1m" } },
      large: { slots: 1, arena: "4Mi" },
    },
    threads: 1,
    routes: [
      {
        name: "hello",
        match: { path: { prefix: "/hello" } },
        handler: inRepository("handlers/hello.ts"),
        pool: "large",
      },
      { name: "bomb", match: { path: { prefix: "/bomb" } }, ...bomb },
      { name: "spill", match: { path: { prefix: "/spill" } }, ...bomb },
      { name: "pass", match: { path: { prefix: "/pass" } }, handler: pass, pool: "small", upstream: "app" },
      { name: "rest", upstream: "pair" },
    ],
    fleet: { redis: "redis://127.0.0.1:1", interval: "100ms", ttl: "1s" },
  };
}

// One gateway for all: what a test needs to find untouched, it has to itself (a route, an upstream).
beforeAll(async () => {
  origin = await HeldOrigin.start();
  gateway = await GatewayProcess.start(configuration());
});
afterAll(async () => {
  await gateway.stop("SIGKILL");
  await origin.stop();
});
afterEach(async () => {
  origin.release();
  const givenUpAt = Date.now() + 30_000;
  while ((await smallPool()).inUse > 0) if (Date.now() > givenUpAt) throw new Error("a slot is still in use");
});

async function smallPool(): Promise<PoolView> {
  const { pools } = (await (await fetch(`${gateway.adminUrl}/api/slots`)).json()) as SlotsView;
  return pools[0]!;
}

/** Open and with its first figures; whatever the browser complains of is in `complaints`. */
async function open(
  options: BrowserContextOptions = {},
  { adminUrl } = gateway,
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(adminUrl);
  await page.locator("#tiles dd").first().getByText(/\d/).waitFor();
  return { page, complaints };
}

/** Five requests at the route whose upstream holds them: four in the slots, one in the queue. Then one more is refused. */
async function fill(): Promise<void> {
  origin.hold();
  for (let i = 0; i < 4; i++) void fetch(`${gateway.url}/pass/${i}`).catch(() => {});
  await origin.arrived(4);
  void fetch(`${gateway.url}/pass/queued`).catch(() => {});
  while ((await smallPool()).waiting === 0);
  expect((await fetch(`${gateway.url}/pass/refused`)).status).toBe(503);
}

function shoot(page: Page, name: string) {
  return page.screenshot({ path: `test/browser/screenshots/${name}.png`, fullPage: true });
}

/** What axe finds against WCAG 2.2 AA. It runs beside the page, so the page's own policy does not concern it. */
async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run({ runOnly: tags });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}

describe("the page of a gateway that is well", () => {
  test("comes without a complaint of the browser, and without asking anybody else for anything", async () => {
    const { page, complaints } = await open();
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(gateway.adminUrl)) foreign.push(request.url());
    });
    await page.reload();
    await page.locator("#tiles dd").first().getByText(/\d/).waitFor();
    expect(await page.locator("#pool-list .cell").count()).toBe(5);
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    await shoot(page, "well-light");
  });

  test("changes by itself: requests show in their tile and at their route", async () => {
    const { page } = await open();
    for (let i = 0; i < 20; i++) await fetch(`${gateway.url}/hello/ada`);
    const row = page.locator("#route-list tbody tr", { hasText: "hello" });
    await row.getByText("20", { exact: true }).waitFor();
    await row.getByText(/^1\.\dMi of 4Mi$/).waitFor();
    await page.locator(".tile", { hasText: "requests/s" }).locator("dd", { hasText: /[1-9]/ }).waitFor();
  });

  test("says that the fleet is not in sight, and why, as a warning and not as a fault of this gateway", async () => {
    const { page } = await open();
    await page
      .locator(".verdict[data-level=warn]", { hasText: "Nothing known of the fleet since the start" })
      .waitFor();
    expect(await page.locator("#fleet-view").innerText()).toContain("ECONNREFUSED");
    expect(await page.title()).toMatch(/^! \d remark/);
  });
});

describe("the page of a gateway in trouble", () => {
  test("shows an overflow within two seconds, with its source line; opened, it stays open", async () => {
    const { page, complaints } = await open();
    await fetch(`${gateway.url}/bomb`);
    const failure = page.locator("details.failure", { hasText: "on bomb" });
    await failure.waitFor({ timeout: 2000 });
    expect(await failure.locator("summary").innerText()).toMatch(
      /1×\s+arena full\s+handlers\/bomb\.ts:10:\d+\s+on bomb/,
    );
    await failure.locator("summary").click();
    expect(await failure.locator("pre").innerText()).toContain("> 10 |");
    await fetch(`${gateway.url}/bomb`);
    await failure.getByText("2×").waitFor();
    expect(await failure.locator("pre").isVisible()).toBe(true);
    await page.locator(".verdict[data-level=bad]", { hasText: "Handlers fail" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows which slots are taken, by whom, and that load is shed", async () => {
    const { page } = await open();
    await fill();
    const pool = page.locator(".pool", { hasText: "small: arenas of 4Mi" });
    await pool.getByText("4 of 4 slots taken").waitFor();
    await pool.getByText("1 of 1 waiting").waitFor();
    await pool.getByText(/\d refused: queue full/).waitFor();
    expect(await pool.locator(".cells").getAttribute("aria-label")).toBe("4 running");
    expect(await pool.locator('.cell[data-state="r"]').count()).toBe(4);
    await page
      .locator(".verdict", { hasText: /Shedding load: .* Now in small: 4 of 4 taken, 1 of 1 waiting/ })
      .waitFor();
    expect(await page.locator("#held tbody tr").count()).toBe(4);
    await fetch(`${gateway.url}/spill`);
    await page.locator("details.failure", { hasText: "on spill" }).locator("summary").click();
    await shoot(page, "trouble-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(page, "trouble-dark");
    origin.release();
    await pool.getByText("0 of 4 slots taken").waitFor();
    expect(await pool.locator(".cells").getAttribute("aria-label")).toBe("4 free");
  });

  test("names an upstream of which a target is out", async () => {
    origin.release();
    const { page } = await open();
    for (let i = 0; i < 4; i++) await fetch(`${gateway.url}/`);
    await page.locator(".verdict", { hasText: "Upstream pair: 1 of 2 targets out." }).waitFor();
    const first = page.locator("#target-list tbody tr").first();
    expect(await first.innerText()).toMatch(/http:\/\/127\.0\.0\.1:1\s+ejected/);
  });

  test("takes what clients send for text", async () => {
    const { page, complaints } = await open();
    await fetch(`${gateway.url}/spill/%3Cimg%20src=x%20onerror=alert(1)%3E'%22&lt;b&gt;`);
    await page.locator("details.failure", { hasText: "on spill" }).locator("summary").click();
    await page.getByText("GET /spill/%3Cimg").waitFor();
    expect(await page.locator("#failures img, #failures b:not(.count)").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("the page for everybody", () => {
  test.each(["light", "dark"] as const)("has no fault that axe can find, in %s", async (colorScheme) => {
    const { page } = await open({ colorScheme });
    await fill();
    await fetch(`${gateway.url}/spill`);
    await page.locator("details.failure", { hasText: "on spill" }).locator("summary").click();
    await page.locator("#memory summary").click();
    await page.locator(".pool .refused", { hasText: "refused" }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test("is usable with the keyboard alone: the skip link, and a failure's details", async () => {
    const { page } = await open();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      "Skip to what needs attention",
    );
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("attention");
    await fetch(`${gateway.url}/spill`);
    const failure = page.locator("details.failure", { hasText: "on spill" });
    await failure.waitFor();
    await failure.locator("summary").focus();
    await page.keyboard.press("Enter");
    await failure.locator("pre").waitFor();
  });

  test.each([320, 480, 768])("fits a screen %i pixels wide without scrolling sideways", async (width) => {
    const { page } = await open({ viewport: { width, height: 800 }, colorScheme: "dark" });
    await fill();
    await fetch(`${gateway.url}/spill`);
    await page.locator("details.failure", { hasText: "on spill" }).locator("summary").click();
    await page.locator(".pool .refused", { hasText: "refused" }).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await shoot(page, `trouble-${width}-dark`);
  });
});

describe("the page of a gateway that is gone", () => {
  test("says when the gateway has fallen silent, and that what is shown is old", async () => {
    const going = await GatewayProcess.start(configuration());
    const { page } = await open({}, going);
    await going.stop("SIGKILL");
    await page
      .getByRole("alert")
      .getByText(/No word from the gateway since \d\d:\d\d:\d\d UTC/)
      .waitFor();
  });
});
