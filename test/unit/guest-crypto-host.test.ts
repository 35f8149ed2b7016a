// The host's half of crypto.subtle: what comes from an arena is not trusted, and no call may take long.
import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CRYPTO_INPUT_BYTES, PBKDF2_ROUNDS, cryptoCall } from "../../gateway/handle/crypto-host.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const call = (operation: string, parameters: object, ...inputs: Uint8Array[]) =>
  cryptoCall(operation, JSON.stringify(parameters), inputs);

describe("bounds", () => {
  test("inputs of the limit are taken, a byte more is refused before anything is done with it", () => {
    const most = new Uint8Array(CRYPTO_INPUT_BYTES);
    expect(call("digest", { hash: "SHA-256" }, most)).toEqual(createHash("sha256").update(most).digest());
    const more = new Uint8Array(CRYPTO_INPUT_BYTES + 1);
    expect(() => call("digest", { hash: "SHA-256" }, more)).toThrow(/^OperationError: .* are more than/);
    expect(() => call("hmac", { hash: "SHA-1" }, most, bytes("x"))).toThrow(/^OperationError/);
  });

  test("PBKDF2 takes its rounds, and not one more", () => {
    const derive = (iterations: number, length: number, hash = "SHA-1") =>
      call(
        "deriveBits",
        { name: "PBKDF2", hash, iterations, bytes: length },
        bytes("password"),
        bytes("salt"),
      );
    expect(derive(PBKDF2_ROUNDS, 20)).toHaveLength(20);
    expect(() => derive(PBKDF2_ROUNDS + 1, 20)).toThrow(/^NotSupportedError: .* rounds/);
    expect(() => derive(PBKDF2_ROUNDS, 21), "a second block doubles the work").toThrow(/^NotSupportedError/);
    expect(derive(1, 0)).toHaveLength(0);
  });

  test("an RSA key of 4096 bits is taken, one of 4104 is not", () => {
    const importOf = (modulusBytes: number) => {
      const n = Buffer.alloc(modulusBytes, 0xff).toString("base64url");
      return call("importKey", { format: "jwk", name: "RSA-PSS", jwk: { kty: "RSA", n, e: "AQAB" } });
    };
    const { der } = JSON.parse(importOf(512) as string) as { der: string };
    const verify = () =>
      call(
        "verify",
        { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
        Buffer.from(der, "base64"),
        bytes("s"),
        bytes("d"),
      );
    expect(verify()).toBe("");
    expect(() => importOf(513)).toThrow(/^NotSupportedError/);
  });

  test("a public exponent of more than 32 bits is refused", () => {
    const jwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
    const large = { ...jwk, e: Buffer.from("0100000001", "hex").toString("base64url") };
    expect(() => call("importKey", { format: "jwk", name: "RSA-PSS", jwk: large })).toThrow(
      /^NotSupportedError/,
    );
    expect(call("importKey", { format: "jwk", name: "RSA-PSS", jwk })).toContain('"modulusLength":2048');
  });

  test("keys longer than any that is allowed, and endless parameters, are refused", () => {
    const name = "RSA-PSS";
    expect(() => call("importKey", { format: "pkcs8", name }, new Uint8Array(3073))).toThrow(
      /^DataError: .* longer/,
    );
    expect(() => call("digest", { hash: "SHA-256", padding: "x".repeat(16_384) }, bytes(""))).toThrow(
      /^DataError/,
    );
  });

  test("RSA keys are not generated", () => {
    expect(() => call("generateKey", { name: "RSA-OAEP" })).toThrow(/^NotSupportedError/);
  });
});

describe("what is not trusted", () => {
  test.each([
    ["an operation from the prototype", "toString", {}],
    ["an operation that does not exist", "nope", {}],
    ["a hash from the prototype", "digest", { hash: "constructor" }],
    ["a hash that is no string", "digest", { hash: {} }],
    ["an algorithm from the prototype", "sign", { name: "valueOf", hash: "SHA-256" }],
    ["no inputs", "sign", { name: "ECDSA", hash: "SHA-256" }],
    ["a cipher that does not exist", "encrypt", { name: "DES" }],
    ["a curve from the prototype", "generateKey", { name: "ECDSA", namedCurve: "toString" }],
    ["a curve that is not offered", "generateKey", { name: "ECDSA", namedCurve: "P-224" }],
    ["a salt length that is no number", "sign", { name: "RSA-PSS", hash: "SHA-256", saltLength: "9" }],
    ["a jwk that is null", "importKey", { format: "jwk", name: "ECDSA", jwk: null }],
    ["a format that does not exist", "importKey", { format: "constructor", name: "ECDSA" }],
  ])("%s is an error with a DOMException's name", (_, operation, parameters) => {
    expect(() => call(operation, parameters)).toThrow(/^(?:NotSupported|Operation|Data)Error: /);
  });

  test("parameters that are no JSON object are an error", () => {
    for (const text of ["", "null", "[", "1"])
      expect(() => cryptoCall("digest", text, [bytes("")])).toThrow(/Error: /);
  });

  test("errors do not carry OpenSSL's words", () => {
    const parameters = { name: "AES-CBC" };
    const sealed = () =>
      call("decrypt", parameters, new Uint8Array(16), new Uint8Array(16), new Uint8Array(16));
    expect(sealed).toThrow(/^OperationError: decrypt failed$/);
  });

  test("a private key where a public one belongs, and a key of another kind", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
    const spki = publicKey.export({ type: "spki", format: "der" });
    const parameters = { name: "ECDSA", hash: "SHA-256" };
    expect(() => call("verify", parameters, pkcs8, new Uint8Array(64), bytes("x"))).toThrow(/^DataError/);
    expect(() => call("sign", parameters, spki, bytes("x"))).toThrow(/^DataError/);
    expect(() =>
      call("verify", { ...parameters, name: "RSA-PSS" }, spki, new Uint8Array(64), bytes("x")),
    ).toThrow(/^DataError/);
  });
});
