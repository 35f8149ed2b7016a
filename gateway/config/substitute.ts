/**
 * `${NAME}` and `${NAME:-default}` in the values of the config file, taken from the environment: the usual way to bring
 * a Secret into a ConfigMap's file. It happens after YAML has been read, so that what a variable holds is always text
 * and never syntax. `$${` stands for `${`.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  readonly text: string;
  readonly problem?: string;
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;

export function substitute(text: string, environment: Environment): Substituted {
  if (!text.includes("${")) return { text };
  let problem: string | undefined;
  const replaced = text.replace(REFERENCE, (reference: string, inside: string | undefined) => {
    if (inside === undefined) return "${";
    const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === undefined || !reference.endsWith("}")) {
      problem ??= "expected ${NAME} or ${NAME:-default} ($${ stands for ${ itself)";
      return "";
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined && fallback === undefined)
      problem ??= `the environment variable ${name} is not set`;
    // As in a shell: the default also stands in for a variable that is set to nothing.
    return (value === "" ? (fallback ?? "") : (value ?? fallback)) ?? "";
  });
  return problem === undefined ? { text: replaced } : { text: replaced, problem };
}
