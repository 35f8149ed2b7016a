/** The profile as text of 80 columns; bold and dim where the terminal is one. */
import { STATUS_CODES } from "node:http";
import { formatSizeBytes } from "../../shared/units.ts";
import type { CpuTimes, Measured } from "./measure.ts";
import { type Suggestion, suggest } from "./suggestion.ts";
import type { Place, Tally } from "./tally.ts";

const COLUMNS = 80;
const HEAVIEST = 6;
const LOG_LINES = 10;
const SAMPLES_MIN = 20;
const KIB = 1024;
const MIB = 1024 * KIB;

export interface ReportOptions {
  handler: string;
  method: string;
  path: string;
  /** The warm requests, as the configuration has them. */
  warm: readonly string[];
  /** Of the request's body. */
  bodyBytes: number;
  color: boolean;
}

export function renderProfile(measured: Measured, bodyText: string, options: ReportOptions): string {
  const { result, growth, cpu } = measured;
  const lines = [
    ...headOf(measured, bodyText, options),
    "",
    memoryLine(measured),
    cpuLine(cpu),
    ...measured.warmed.map((what, index) => cut(`  warm    ${options.warm[index]}: ${what}`)),
    ...logLines(measured),
    ...failureLines(measured, options),
    ...tallyLines("heap growth", growth, (weight) => size(weight), options),
    ...timeLines(measured, options),
    ...(result.code === null ? suggestionLines(suggest(measured, options.bodyBytes), measured, options) : []),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function headOf(
  { result }: Measured,
  body: string,
  { handler, method, path, color }: ReportOptions,
): string[] {
  const { response, complete } = result;
  const status =
    response.type === "error" ? "no answer" : `${response.status} ${STATUS_CODES[response.status] ?? ""}`;
  const type = response.headers.get("content-type");
  const length = `${Buffer.byteLength(body)} bytes${type ? ` of ${type}` : ""}${complete ? "" : ", broken off"}`;
  return [cut(`${bold(handler, color)}  ${method} ${path}`), cut(`  ${status}, ${length}`)];
}

function memoryLine({ result, arenaBytes, restBytes }: Measured): string {
  const grown = Math.max(0, result.peakBytes - restBytes);
  const of = `${size(restBytes)} before the request, ${grown === 0 ? "no more" : size(grown)} for it`;
  return `  memory  ${size(result.peakBytes)} of ${formatSizeBytes(arenaBytes)}: ${of}`;
}

function cpuLine({ runs, middleMs, mostMs }: CpuTimes): string {
  if (runs === 1) return `  cpu     ${ms(middleMs)} in one run`;
  return `  cpu     ${ms(middleMs)}, 95 of 100 runs at most ${ms(mostMs)} (${runs} runs after a warm-up)`;
}

function logLines({ loadLogs, result: { logs } }: Measured): string[] {
  const all = [
    ...loadLogs.map((text) => `load: ${text}`),
    ...logs.map(({ level, text }) => `${level}: ${text}`),
  ];
  const shown = all.slice(0, LOG_LINES).flatMap((text) => text.split("\n").map((line) => cut(`  ${line}`)));
  if (all.length > LOG_LINES) shown.push(`  and ${all.length - LOG_LINES} lines more`);
  return shown.length === 0 ? [] : ["", "console", ...shown];
}

function failureLines({ result }: Measured, { color }: ReportOptions): string[] {
  const { code, detail, culprit } = result;
  if (code === null) return [];
  const at = culprit?.at ? [`  at ${culprit.at}${culprit.function ? ` in ${culprit.function}` : ""}`] : [];
  const frame = culprit?.codeFrame ? culprit.codeFrame.split("\n").map((line) => cut(`  ${line}`)) : [];
  return ["", bold(code, color), ...wrap(detail ?? ""), ...at, ...frame];
}

/** A handful of samples says nothing. */
function timeLines({ samples, cpu }: Measured, options: ReportOptions): string[] {
  if (samples.total < SAMPLES_MIN) return [];
  return tallyLines("time", samples, (weight) => ms((weight / samples.total) * cpu.middleMs), options);
}

function tallyLines(
  title: string,
  tally: Tally,
  show: (weight: number) => string,
  { color }: ReportOptions,
): string[] {
  if (tally.total === 0) return [];
  const places = tally.heaviest(HEAVIEST);
  const rows = places.flatMap((place) =>
    placeLines(place, show(place.weight), place.weight / tally.total, color),
  );
  return ["", bold(title, color), ...rows];
}

function placeLines(
  { at, functionName, from, source }: Place,
  amount: string,
  share: number,
  color: boolean,
): string[] {
  const figures = `  ${amount.padStart(8)} ${`${Math.round(share * 100)}%`.padStart(5)}  `;
  const indent = " ".repeat(figures.length);
  if (at === "") return [`${figures}(the platform: request, response, bodies)`];
  const place = functionName === "<anonymous>" ? at : `${at} ${functionName}`;
  const lines = [figures + cutStart(place, COLUMNS - figures.length)];
  if (source) lines.push(dim(cut(indent + source), color));
  if (from) lines.push(cut(`${indent}called from ${from}`));
  return lines;
}

function suggestionLines(suggested: Suggestion, { cpu }: Measured, { color }: ReportOptions): string[] {
  const perSecond = Math.floor(1000 / cpu.middleMs);
  const note = `${size(suggested.poolBytes)} in all; one core's time is enough for ${perSecond} of these a second`;
  return [
    "",
    bold("suggested, for requests like this one", color),
    `  pools:   { NAME: ${suggested.pool} }`,
    `  limits:  ${suggested.limits}`,
    dim(`  ${note}`, color),
  ];
}

/** "640Ki", "1.4Mi": for people, so rounded. */
function size(bytes: number): string {
  return bytes >= MIB ? `${Math.round((bytes / MIB) * 10) / 10}Mi` : `${Math.round(bytes / KIB)}Ki`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
}

function cut(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 3)}...` : line;
}

/** Of a path the end says more. */
function cutStart(text: string, width: number): string {
  return text.length > width ? `...${text.slice(3 - width)}` : text;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = " ";
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > COLUMNS && line.trim() !== "") {
      lines.push(line);
      line = " ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].map(cut);
}

function bold(text: string, color: boolean): string {
  return color ? `\u001b[1m${text}\u001b[22m` : text;
}

function dim(text: string, color: boolean): string {
  return color ? `\u001b[2m${text}\u001b[22m` : text;
}
