/** What a person can put right about how a command was called; told in words, without a stack. */
export class CommandError extends Error {
  override name = "CommandError";
}
