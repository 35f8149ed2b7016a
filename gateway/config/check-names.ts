/** Names and files that a config refers to: everything referred to must be there. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { PROXY_GATE, UPGRADE_GATE } from "../admit/gates.ts";
import { POOLS, UPSTREAMS } from "../limits.ts";
import { show } from "./faults.ts";
import type { Path } from "./faults.ts";
import { asSection, listAt, sectionAt } from "./findings.ts";
import type { Findings, Section } from "./findings.ts";
import { filePath } from "./kinds.ts";

export function checkNames(config: Section, directory: string, findings: Findings): void {
  const pools = Object.keys(sectionAt(config, "pools"));
  const upstreams = Object.keys(sectionAt(config, "upstreams"));
  if (pools.length > POOLS) findings.report(["pools"], `got ${pools.length}, expected at most ${POOLS}`);
  for (const taken of [PROXY_GATE, UPGRADE_GATE]) {
    if (pools.includes(taken))
      findings.report(
        ["pools", taken],
        `is what metrics call the slots of \`${taken}\`: choose another name`,
      );
  }
  if (upstreams.length > UPSTREAMS)
    findings.report(["upstreams"], `got ${upstreams.length}, expected at most ${UPSTREAMS}`);
  listAt(config, "routes").forEach((route, index) => {
    checkRouteNames(asSection(route), ["routes", index], { pools, upstreams }, findings);
  });
  checkFiles(config, directory, findings);
}

interface Defined {
  readonly pools: readonly string[];
  readonly upstreams: readonly string[];
}

function checkRouteNames(
  route: Section,
  path: Path,
  { pools, upstreams }: Defined,
  findings: Findings,
): void {
  findings.reportUnknownName([...path, "pool"], route["pool"], pools, "pools");
  findings.reportUnknownName([...path, "upstream"], route["upstream"], upstreams, "upstreams");
  findings.reportUnknownName(
    [...path, "onOverflow", "retry"],
    sectionAt(route, "onOverflow")["retry"],
    pools,
    "pools",
  );
  listAt(route, "upstreams").forEach((entry, index) => {
    findings.reportUnknownName(
      [...path, "upstreams", index, "name"],
      asSection(entry)["name"],
      upstreams,
      "upstreams",
    );
  });
  for (const [binding, upstream] of Object.entries(sectionAt(route, "bindings"))) {
    findings.reportUnknownName([...path, "bindings", binding], upstream, upstreams, "upstreams");
  }
}

function checkFiles(config: Section, directory: string, findings: Findings): void {
  const check = (section: Section, path: Path, keys: readonly string[]) => {
    for (const key of keys) checkFile(section[key], [...path, key], directory, findings);
  };
  check(sectionAt(config, "tls"), ["tls"], ["cert", "key"]);
  for (const [name, upstream] of Object.entries(sectionAt(config, "upstreams"))) {
    check(sectionAt(asSection(upstream), "tls"), ["upstreams", name, "tls"], ["ca", "cert", "key"]);
  }
  listAt(config, "routes").forEach((route, index) => check(asSection(route), ["routes", index], ["handler"]));
}

function checkFile(name: unknown, path: Path, directory: string, findings: Findings): void {
  const given = filePath.read(name);
  if (given === undefined) return;
  const file = resolve(directory, given);
  const problem = problemWith(file);
  if (problem !== undefined) findings.report(path, `${show(given)} ${problem}`);
}

function problemWith(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? undefined : "is not a file";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "is not there" : `cannot be read: ${code}`;
    return `${why} (looked for ${file.length > 200 ? `...${file.slice(-200)}` : file})`;
  }
}
