// What does not hear when it is rung for: a key of a megabyte is encrypted on the host, 90 to 200 ms in which the engine looks nowhere.
// A turn with a fifth of that is ended with its thread (GRACE_MS in gateway/arena/watchdog.ts).

/** For a handler's code: deaf once, in an async function. */
export const WRAP = `
const { subtle } = crypto;
const wrapping = await subtle.generateKey({ name: "AES-KW", length: 256 }, true, ["wrapKey"]);
const large = await subtle.importKey("raw", new Uint8Array(1_000_000), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
await subtle.wrapKey("raw", large, wrapping, "AES-KW");`;

export const DEAF = `export default { async fetch() { ${WRAP} } };`;
