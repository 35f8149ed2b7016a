/** The gateway's pod as the rendered manifests describe it, and its files as the kubelet would lay them out. */
import { existsSync } from "node:fs";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Manifest, only } from "./helm.ts";

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env?: readonly EnvVar[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string | number>>>>;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly startupProbe: Probe;
  readonly lifecycle?: unknown;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
}

interface Projection {
  readonly name: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

interface Source {
  readonly configMap?: Projection;
  readonly secret?: Projection;
}

export interface DeploymentSpec {
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: Readonly<Record<"labels" | "annotations", Readonly<Record<string, string>>>>;
    readonly spec: PodSpec;
  };
}

export function deploymentOf(manifests: readonly Manifest[]): DeploymentSpec {
  return only(manifests, "Deployment")["spec"] as DeploymentSpec;
}

export function podOf(manifests: readonly Manifest[]): PodSpec {
  return deploymentOf(manifests).template.spec;
}

export function gatewayOf(manifests: readonly Manifest[]): Container {
  return podOf(manifests).containers.find(({ name }) => name === "gateway") as Container;
}

/** The text of the rendered ConfigMap's gateway.yaml. */
export function gatewayYamlOf(manifests: readonly Manifest[]): string {
  const config = manifests.find(
    (manifest) => manifest.kind === "ConfigMap" && "gateway.yaml" in dataOf(manifest),
  );
  return dataOf(config as Manifest)["gateway.yaml"] as string;
}

/** Secrets that the chart does not make, by name and key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function envOf(manifests: readonly Manifest[], secrets: Secrets = {}): Record<string, string> {
  const valueOf = ({ value, valueFrom }: EnvVar) => {
    const reference = valueFrom?.secretKeyRef;
    return reference
      ? (dataNamed(manifests, "Secret", reference.name, secrets)[reference.key] ?? "")
      : (value ?? "");
  };
  return Object.fromEntries(
    (gatewayOf(manifests).env ?? []).map((variable) => [variable.name, valueOf(variable)]),
  );
}

/** Writes the gateway's volumes below `root`, or updates them; those that the chart does not fill are empty directories. */
export async function mountVolumes(
  manifests: readonly Manifest[],
  root: string,
  secrets: Secrets = {},
): Promise<void> {
  const { volumes } = podOf(manifests);
  for (const { name, mountPath } of gatewayOf(manifests).volumeMounts) {
    const volume = volumes.find((own) => own.name === name);
    if (volume === undefined) throw new Error(`the gateway mounts ${name}, but the pod has no such volume`);
    const directory = join(root, mountPath);
    await mkdir(directory, { recursive: true });
    const { sources } = (volume["projected"] ?? { sources: [] }) as { sources: readonly Source[] };
    if (sources.length > 0)
      await project(
        sources.flatMap((source) => filesOf(source, manifests, secrets)),
        directory,
      );
  }
}

interface File {
  readonly path: string;
  readonly text: string;
}

function filesOf({ configMap, secret }: Source, manifests: readonly Manifest[], secrets: Secrets): File[] {
  const { name, items } = (configMap ?? secret) as Projection;
  const data = dataNamed(manifests, configMap ? "ConfigMap" : "Secret", name, secrets);
  const paths = items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return paths.map(({ key, path }) => {
    const text = data[key];
    if (text === undefined) throw new Error(`${name} has no ${key}; a pod would wait for it forever`);
    return { path, text };
  });
}

function dataNamed(manifests: readonly Manifest[], kind: string, name: string, secrets: Secrets) {
  const manifest = manifests.find((own) => own.kind === kind && own.metadata.name === name);
  return manifest === undefined ? (secrets[name] ?? {}) : dataOf(manifest);
}

function dataOf(manifest: Manifest): Readonly<Record<string, string>> {
  return (manifest["data"] ?? manifest["stringData"] ?? {}) as Readonly<Record<string, string>>;
}

let updates = 0;

/**
 * As the kubelet's atomic writer does: the files are in a directory named by time, `..data` leads to it, and what is
 * seen at the top are links through `..data`. An update replaces that one link.
 */
async function project(files: readonly File[], directory: string): Promise<void> {
  const dated = `..2026_01_01_00_00_00.${++updates}`;
  for (const { path, text } of files) {
    const file = join(directory, dated, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  await symlink(dated, join(directory, "..data_tmp"));
  await rename(join(directory, "..data_tmp"), join(directory, "..data"));
  for (const name of new Set(files.map(({ path }) => path.split("/", 1)[0] as string))) {
    const link = join(directory, name);
    if (!existsSync(link)) await symlink(join("..data", name), link);
  }
}
