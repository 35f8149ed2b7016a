/** Runs the real helm on the chart. Tests that need it are skipped, and say so, where there is none. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { CHART } from "./artifacts.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Readonly<Record<string, unknown>>;
  // What stands in a manifest is what the tests are about, so each says what it expects to find.
  readonly [section: string]: unknown;
}

export interface Rendering {
  /** Values files, in order, then these values on top. */
  readonly files?: readonly string[];
  readonly values?: object;
  readonly release?: string;
  readonly namespace?: string;
  readonly chart?: string;
}

export class HelmError extends Error {
  override readonly name = "HelmError";
}

export const helmIsHere = spawnSync("helm", ["version", "--short"]).status === 0;

const INSTALL = "GOBIN=/usr/local/bin go install helm.sh/helm/v3/cmd/helm@latest";

/** For titles. */
export const helmOrSkip = helmIsHere ? "helm" : `helm (skipped: there is none; ${INSTALL})`;

if (!helmIsHere)
  console.warn(`There is no helm on this machine, so the chart is not tested. To get it: ${INSTALL}`);

/** The values files in ci/, by their names without the ending. */
export async function valuesFiles(): Promise<{ name: string; file: string }[]> {
  const names = (await readdir(`${CHART}/ci`)).filter((name) => name.endsWith("-values.yaml")).sort();
  return names.map((name) => ({ name: name.replace("-values.yaml", ""), file: `${CHART}/ci/${name}` }));
}

/** Throws HelmError with what helm says. */
export async function template(rendering: Rendering = {}): Promise<Manifest[]> {
  return read(await renderText(rendering, []));
}

/** What a template of the chart evaluates to, that no manifest shows: `{{ include "nea.plan" . }}`. */
export async function evaluate(expression: string, rendering: Rendering = {}): Promise<unknown> {
  const directory = await mkdtemp(join(tmpdir(), "nea-chart-"));
  try {
    await cp(CHART, directory, { recursive: true });
    await writeFile(join(directory, "templates/probe.yaml"), `kind: Probe\nvalue: ${expression}\n`);
    const text = await renderText({ ...rendering, chart: directory }, [
      "--show-only",
      "templates/probe.yaml",
    ]);
    return read(text)[0]?.["value"];
  } finally {
    await rm(directory, { recursive: true });
  }
}

export function lint(file: string): Promise<string> {
  return run(["lint", CHART, "--strict", "--values", file]);
}

async function renderText(rendering: Rendering, more: readonly string[]): Promise<string> {
  const { files = [], values = {}, release = "web", namespace = "edge", chart = CHART } = rendering;
  const withFiles = files.flatMap((file) => ["--values", file]);
  const args = ["template", release, chart, "--namespace", namespace, ...withFiles, "--values", "-", ...more];
  return run(args, stringify(values));
}

function read(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw broken;
  return documents
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function run(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("helm", args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new HelmError(`${stdout}${stderr}`.trim()));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}

/** The only manifest of that kind whose name ends like this. */
export function only(manifests: readonly Manifest[], kind: string, nameEnd = ""): Manifest {
  const found = manifests.filter(
    ({ kind: own, metadata }) => own === kind && metadata.name.endsWith(nameEnd),
  );
  if (found.length !== 1)
    throw new Error(`${found.length} ${kind} ${nameEnd} in ${manifests.map(({ kind }) => kind)}`);
  return found[0] as Manifest;
}
