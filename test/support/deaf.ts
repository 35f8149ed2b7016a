// What does not hear when it is rung for: its keys are derived on the host, 40 to 100 ms a call in which the engine looks nowhere.
// A turn with a quarter of that is ended with its thread.

/** For a handler's code: deaf once, in an async function. */
export const DERIVE = `
const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "PBKDF2", false, ["deriveBits"]);
const how = { name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(16), iterations: 100_000 };
await crypto.subtle.deriveBits(how, key, 512);`;

export const DEAF = `export default { async fetch() { ${DERIVE} } };`;
