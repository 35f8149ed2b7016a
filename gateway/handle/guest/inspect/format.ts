/** The Console standard's formatter: %s %d %i %f %o %O %c %% in a first string, the rest appended. */
import { inspect } from "./inspect.ts";

const TOTAL_LENGTH = 4096;

export function format(values: unknown[]): string {
  const [first] = values;
  if (values.length === 1) return cap(plain(first));
  let used = 0;
  let text = "";
  if (typeof first === "string") {
    used = 1;
    text = first.replace(/%[sdifoOcj%]/g, (directive) => {
      if (directive === "%%") return "%";
      return used < values.length ? directed(directive, values[used++]) : directive;
    });
  }
  const rest = values.slice(used).map(plain);
  return cap(used === 0 ? rest.join(" ") : [text, ...rest].join(" "));
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

function directed(directive: string, value: unknown): string {
  switch (directive) {
    case "%s":
      return typeof value === "object" && value !== null ? inspect(value, 1) : String(value);
    case "%d":
      return typeof value === "bigint"
        ? `${value}n`
        : typeof value === "symbol"
          ? "NaN"
          : String(Number(value));
    case "%i":
      return typeof value === "bigint"
        ? `${value}n`
        : typeof value === "symbol"
          ? "NaN"
          : String(parseInt(String(value), 10));
    case "%f":
      return typeof value === "symbol" ? "NaN" : String(parseFloat(String(value)));
    case "%c":
      return "";
    default:
      return inspect(value);
  }
}

function cap(text: string): string {
  return text.length > TOTAL_LENGTH
    ? `${text.slice(0, TOTAL_LENGTH)}... (${text.length - TOTAL_LENGTH} more characters)`
    : text;
}
