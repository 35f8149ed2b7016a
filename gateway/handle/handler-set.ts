/**
 * All handlers of a configuration, loaded: bundled, given their platform, evaluated, warmed, and kept as images.
 * Either all of them load or none is kept: the faults are reported together.
 */
import { hash } from "node:crypto";
import type { Arenas } from "../arena/arenas.ts";
import { type Image, ImagesFullError } from "../arena/images.ts";
import type { Share } from "../arena/share.ts";
import type { BuildFailure, ImageRecipe } from "../arena/image-builder.ts";
import type { HandlerConfig, Named, PoolConfig, RouteConfig } from "../config/types.ts";
import { BundleError, type HandlerFault, displayName } from "./bundle.ts";
import { type Culprit, culpritAt, culpritOf, culpritOfStack } from "./culprit.ts";
import { explainMissing } from "./missing-globals.ts";
import type { Platform } from "./platform.ts";
import { formatSizeBytes } from "../shared/units.ts";
import { SourcePositions } from "./source-position.ts";
import { type Prepared, Workshop } from "./workshop.ts";

export interface LoadedHandler {
  /** The handler's file as logs call it. */
  name: string;
  /** All that the image follows from, as a digest: where it is the same, so is the image. */
  recipe: string;
  image: Image;
  positions: SourcePositions;
  /** What became of the warm requests, in their order. */
  warmed: string[];
  /** What the module logged while it was evaluated and warmed; nothing if its image was made for an earlier configuration. */
  logs: string[];
  /** Absolute names of the files it was bundled from. */
  inputs: string[];
}

/** Why handlers were not loaded; each fault names the author's file and line. */
export class HandlerLoadError extends Error {
  override name = "HandlerLoadError";
  readonly faults: HandlerFault[];

  constructor(faults: HandlerFault[]) {
    super(
      faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"),
    );
    this.faults = faults;
  }
}

/** Evaluating a module and each warm request may take this much CPU time; a handler that needs more is at fault. */
const LOAD_CPU_US = 2_000_000;

type HandlerRoute = RouteConfig & { handler: HandlerConfig };

/** By route name. */
export type LoadedHandlers = ReadonlyMap<string, LoadedHandler>;

interface LoadOptions {
  /** Where bundling may have begun. */
  workshop?: Workshop | undefined;
  /** What is loaded now. Images that would come out the same are kept; of a changed handler it is known how long its turns are. */
  before?: LoadedHandlers | undefined;
}

/** By route name. Routes that differ in nothing that the image depends on share one. */
export async function loadHandlers(
  routes: readonly RouteConfig[],
  pools: Named<PoolConfig>,
  arenas: Arenas,
  { before = new Map(), workshop = new Workshop() }: LoadOptions = {},
): Promise<Map<string, LoadedHandler>> {
  const loader = new Loader(pools, arenas, before);
  const withHandler = routes.filter((route): route is HandlerRoute => route.handler !== null);
  const { loaded, faults } = await loadEach(withHandler, loader, workshop).finally(() => workshop.close());
  if (faults.length === 0) return loaded;
  unloadHandlers(loaded, arenas);
  throw new HandlerLoadError(unique(faults));
}

/** By route name those that could be loaded; what is wrong with the others. */
async function loadEach(routes: readonly HandlerRoute[], loader: Loader, workshop: Workshop) {
  const loaded = new Map<string, LoadedHandler>();
  const faults: HandlerFault[] = [];
  for (const [index, route] of routes.entries()) {
    try {
      const parts = await workshop.prepare(route.handler.file);
      // While this one's image is made on the spare thread.
      workshop.begin(routes[index + 1]);
      loaded.set(route.name, await loader.load(route, parts));
    } catch (error) {
      if (!(error instanceof BundleError || error instanceof HandlerLoadError)) throw error;
      faults.push(...error.faults);
    }
  }
  return { loaded, faults };
}

export function unloadHandlers(loaded: LoadedHandlers, arenas: Arenas): void {
  for (const image of new Set([...loaded.values()].map(({ image }) => image))) arenas.images.release(image);
}

class Loader {
  readonly #pools: Named<PoolConfig>;
  readonly #arenas: Arenas;
  readonly #before: LoadedHandlers;
  /** By recipe. */
  readonly #kept: ReadonlyMap<string, LoadedHandler>;
  readonly #loaded = new Map<string, LoadedHandler>();

  constructor(pools: Named<PoolConfig>, arenas: Arenas, before: LoadedHandlers) {
    this.#pools = pools;
    this.#arenas = arenas;
    this.#before = before;
    this.#kept = new Map([...before.values()].map((handler) => [handler.recipe, handler]));
  }

  async load(route: HandlerRoute, { bundle, platform }: Prepared): Promise<LoadedHandler> {
    const { name, code, map, inputs } = bundle;
    const ingredients = this.#ingredients(route, name, code, platform);
    const recipe = hash("sha256", JSON.stringify(ingredients));
    const known = this.#loaded.get(recipe);
    if (known) return known;
    // Lines of the source may have moved without a change of what is run.
    const positions = new SourcePositions(name, map);
    const kept = this.#kept.get(recipe);
    const made = kept
      ? { image: this.#arenas.images.keep(kept.image), warmed: kept.warmed, logs: [] }
      : await this.#build(ingredients, name, positions, this.#shareOf(route, name));
    const loaded = { name, recipe, positions, inputs, ...made };
    this.#loaded.set(recipe, loaded);
    return loaded;
  }

  #shareOf({ name: route }: HandlerRoute, name: string): Share | undefined {
    const before = this.#before.get(route);
    return before?.name === name ? before.image.share : undefined;
  }

  #ingredients(
    { handler, upstreams }: HandlerRoute,
    name: string,
    code: string,
    { extensions, scripts }: Platform,
  ): ImageRecipe {
    const arenaBytes = Math.min(this.#pools[handler.pool]!.arenaBytes, this.#arenas.scratchBytes);
    const configuration = JSON.stringify({
      env: handler.env,
      bindings: Object.keys(handler.bindings),
      hasUpstream: upstreams.length > 0,
      mayFetch: true,
    });
    return {
      arenaBytes,
      extensions: [...extensions],
      platform: [...scripts],
      handler: { name, code },
      configuration,
      warm: handler.warm.map(({ method, target }) => `${method}\nhttp://localhost${target}\nhost\nlocalhost`),
      cpuUs: LOAD_CPU_US,
    };
  }

  async #build(
    recipe: ImageRecipe,
    name: string,
    positions: SourcePositions,
    share: Share | undefined,
  ): Promise<Pick<LoadedHandler, "image" | "warmed" | "logs">> {
    try {
      const result = await this.#arenas.build(recipe, share);
      if (typeof result === "string") throw fault(name, "runs into the time limit while it is loaded");
      if ("phase" in result) throw explain(result, name, positions, this.#room(recipe));
      const { image, built } = result;
      return { image, warmed: built.warmed, logs: built.logs };
    } catch (error) {
      if (error instanceof ImagesFullError) throw fault(name, `${error.message}; raise \`images\``);
      throw error;
    }
  }

  /** What a module has to fit into while its image is made, in the words of the configuration. */
  #room({ arenaBytes }: ImageRecipe): string {
    if (arenaBytes < this.#arenas.scratchBytes) return "its arena";
    return `the ${formatSizeBytes(arenaBytes)} that \`images\` allows for making an image`;
  }
}

/** What happened while a module was loaded, in an author's words, at the author's line. */
function explain(
  failure: BuildFailure,
  name: string,
  positions: SourcePositions,
  room: string,
): HandlerLoadError {
  const { phase, reason, message, askedBytes } = failure;
  const culprit = culpritFor(failure, name, positions);
  const when = {
    platform: "while the platform starts",
    compile: "",
    evaluate: "while its module is evaluated",
  };
  const doing = { ...when, adopt: "", warm: "in a warm request" }[phase];
  const what = {
    threw: explainMissing(message),
    memory: `outgrows ${room} ${doing} (${askedBytes} bytes more were asked for)`,
    cpu: `uses more than ${LOAD_CPU_US / 1000} ms of CPU time ${doing}`,
    trapped: `brings the engine down ${doing}: ${message}`,
  }[reason];
  return fault(name, what, culprit);
}

/** What a module exports is judged by the platform, whose frames say nothing: the export itself is the place. */
function culpritFor(
  { phase, stack, frames }: BuildFailure,
  name: string,
  positions: SourcePositions,
): Culprit {
  const exported =
    phase === "adopt" && positions.search(name, /^export default\b|^export\b(?![^]*^export default\b)/m);
  if (exported) return culpritAt(exported, positions);
  return stack ? culpritOfStack(stack, positions) : culpritOf(frames, positions);
}

function fault(name: string, message: string, culprit?: Culprit): HandlerLoadError {
  const [, file = displayName(name), line = "1", column = "1"] =
    /^(.*):(\d+):(\d+)$/.exec(culprit?.at ?? "") ?? [];
  const frame = culprit?.codeFrame ? `\n${culprit.codeFrame}` : "";
  return new HandlerLoadError([
    { file, line: Number(line), column: Number(column), message: message + frame },
  ]);
}

function unique(faults: HandlerFault[]): HandlerFault[] {
  return [...new Map(faults.map((entry) => [JSON.stringify(entry), entry])).values()];
}
