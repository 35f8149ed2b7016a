/**
 * Holds manifests against the schemas of Kubernetes and of the operators (npm kubernetes-models, made from their OpenAPI).
 *
 * Those schemas do not mind fields they do not know, but an API server does (and drops them with a warning, which nobody
 * reads). A validator looks at every field it knows, so a field that was never looked at is one that does not exist.
 */
import type { Manifest } from "./helm.ts";

interface ModelClass {
  readonly prototype: { validate(this: unknown): void };
}

/** By apiVersion: the module that has the classes of all its kinds. */
const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  "v1": () => import("kubernetes-models/v1"),
  "apps/v1": () => import("kubernetes-models/apps/v1"),
  "autoscaling/v2": () => import("kubernetes-models/autoscaling/v2"),
  "networking.k8s.io/v1": () => import("kubernetes-models/networking.k8s.io/v1"),
  "policy/v1": () => import("kubernetes-models/policy/v1"),
  "gateway.networking.k8s.io/v1": () => import("@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1"),
  "keda.sh/v1alpha1": () => import("@kubernetes-models/keda/keda.sh/v1alpha1"),
  "monitoring.coreos.com/v1": () => import("@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1"),
};

/** What is wrong with a manifest, a line for each fault. */
export async function faultsOf(manifest: Manifest): Promise<string[]> {
  const classes = (await MODULES[manifest.apiVersion]?.()) as
    Readonly<Record<string, ModelClass>> | undefined;
  const Kind = classes?.[manifest.kind];
  if (Kind === undefined) return [`${manifest.apiVersion} ${manifest.kind} is not known to the tests`];
  const seen = new Seen();
  try {
    // Not on an instance: that would be a copy, made by looking at every field.
    Kind.prototype.validate.call(seen.watch(manifest, ""));
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
  return seen
    .unread(manifest, "")
    .map((path) => `${manifest.kind} ${manifest.metadata.name}: ${path} does not exist`);
}

/** Remembers which fields were looked at. */
class Seen {
  readonly #paths = new Set<string>();

  watch(value: unknown, path: string): unknown {
    if (typeof value !== "object" || value === null) return value;
    return new Proxy(value, {
      get: (target, key) => {
        const child: unknown = Reflect.get(target, key);
        if (typeof key === "symbol") return child;
        this.#paths.add(`${path}/${key}`);
        return this.watch(child, `${path}/${key}`);
      },
    });
  }

  /** The outermost fields that were not. */
  unread(value: unknown, path: string): string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, child]) => {
      const own = `${path}/${key}`;
      return this.#paths.has(own) ? this.unread(child, own) : [own];
    });
  }
}
