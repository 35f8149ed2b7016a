import { Checks } from "../check.ts";

interface Pair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

export const subtle = new Checks();

subtle.add(
  "digests",
  async (t) => {
    const data = new TextEncoder().encode("abc");
    const out: string[] = [];
    for (const name of ["SHA-1", "sha-256", "SHA-384", "SHA-512"])
      out.push(t.hex(await crypto.subtle.digest(name, data)).slice(0, 16));
    out.push(
      t.hex(await crypto.subtle.digest({ name: "SHA-256" }, data.buffer)).slice(0, 8),
      await t.rejected(crypto.subtle.digest("MD5", data)),
      await t.rejected(crypto.subtle.digest("SHA-1", "abc" as unknown as ArrayBuffer)),
    );
    return out;
  },
  [
    "a9993e364706816a",
    "ba7816bf8f01cfea",
    "cb00753f45a35e8b",
    "ddaf35a193617aba",
    "ba7816bf",
    "NotSupportedError",
    "TypeError",
  ],
);

subtle.add(
  "HMAC signs and verifies",
  async (t) => {
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode("key"),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign", "verify"],
    );
    const data = new TextEncoder().encode("The quick brown fox jumps over the lazy dog");
    const signature = await crypto.subtle.sign("HMAC", key, data);
    return [
      t.hex(signature),
      await crypto.subtle.verify("HMAC", key, signature, data),
      await crypto.subtle.verify("HMAC", key, signature, new Uint8Array(1)),
      await crypto.subtle.verify("HMAC", key, new Uint8Array(5), data),
      Object.entries(key.algorithm).sort(),
      key.type,
      key.usages,
      key.extractable,
    ];
  },
  [
    "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    true,
    false,
    false,
    [
      ["hash", { name: "SHA-256" }],
      ["length", 24],
      ["name", "HMAC"],
    ],
    "secret",
    ["sign", "verify"],
    false,
  ],
);

subtle.add(
  "keys are used as they were meant to be, and not exported unless they may be",
  async (t) => {
    const key = await crypto.subtle.importKey(
      "raw",
      new Uint8Array(16),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["verify"],
    );
    return [
      await t.rejected(crypto.subtle.sign("HMAC", key, new Uint8Array(1))),
      await t.rejected(crypto.subtle.exportKey("raw", key)),
      await t.rejected(
        crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(1)),
      ),
      t.thrown(() => new (CryptoKey as unknown as new () => CryptoKey)()),
    ];
  },
  ["InvalidAccessError", "InvalidAccessError", "InvalidAccessError", "TypeError"],
);

subtle.add(
  "mistakes in importing",
  async (t) => {
    const { subtle: s } = crypto;
    const hmac = { name: "HMAC", hash: "SHA-256" };
    return [
      await t.rejected(s.importKey("raw", new Uint8Array(4), hmac, true, [])),
      await t.rejected(s.importKey("raw", new Uint8Array(4), hmac, true, ["encrypt"])),
      await t.rejected(s.importKey("raw", new Uint8Array(0), hmac, true, ["sign"])),
      await t.rejected(s.importKey("raw", new Uint8Array(5), "AES-GCM", true, ["encrypt"])),
      await t.rejected(s.importKey("raw", new Uint8Array(4), "Nope", true, ["sign"])),
      await t.rejected(
        s.importKey("spki", new Uint8Array(4), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]),
      ),
      await t.rejected(s.importKey("jwk", { kty: "RSA" }, hmac, true, ["sign"])),
      await t.rejected(s.importKey("jwk", { kty: "oct", k: "AAAA", alg: "HS512" }, hmac, true, ["sign"])),
      await t.rejected(
        s.importKey("jwk", { kty: "oct", k: "AAAA", key_ops: ["verify"] }, hmac, true, ["sign"]),
      ),
      await t.rejected(s.importKey("jwk", { kty: "oct", k: "AAAA", ext: false }, hmac, true, ["sign"])),
      await t.rejected(s.importKey("jwk", { kty: "oct", k: "AAAA", use: "enc" }, hmac, true, ["sign"])),
      await t.rejected(
        s.importKey("raw", new Uint8Array(4), { name: "HMAC" } as typeof hmac, true, ["sign"]),
      ),
    ];
  },
  [
    "SyntaxError",
    "SyntaxError",
    "DataError",
    "DataError",
    "NotSupportedError",
    "DataError",
    "DataError",
    "DataError",
    "DataError",
    "DataError",
    "DataError",
    "TypeError",
  ],
);

subtle.add(
  "a JWK of an HMAC key",
  async () => {
    const key = await crypto.subtle.importKey(
      "jwk",
      { kty: "oct", k: "AQID", alg: "HS256" },
      { name: "HMAC", hash: "SHA-256" },
      true,
      ["sign"],
    );
    return crypto.subtle.exportKey("jwk", key).then((jwk) => Object.entries(jwk).sort());
  },
  [
    ["alg", "HS256"],
    ["ext", true],
    ["k", "AQID"],
    ["key_ops", ["sign"]],
    ["kty", "oct"],
  ],
);

subtle.add(
  "AES-GCM, AES-CBC, AES-CTR there and back",
  async (t) => {
    const data = new TextEncoder().encode("attack at dawn, not at noon");
    const out: unknown[] = [];
    const ways: [string, object][] = [
      ["AES-GCM", { iv: new Uint8Array(12), additionalData: new Uint8Array([1]) }],
      ["AES-CBC", { iv: new Uint8Array(16) }],
      ["AES-CTR", { counter: new Uint8Array(16), length: 64 }],
    ];
    for (const [name, parameters] of ways) {
      const key = await crypto.subtle.importKey(
        "raw",
        Uint8Array.from({ length: 32 }, (_, i) => i),
        name,
        false,
        ["encrypt", "decrypt"],
      );
      const sealed = await crypto.subtle.encrypt(
        { name, ...(parameters as { iv: Uint8Array<ArrayBuffer> }) },
        key,
        data,
      );
      const opened = await crypto.subtle.decrypt(
        { name, ...(parameters as { iv: Uint8Array<ArrayBuffer> }) },
        key,
        sealed,
      );
      out.push(
        t.hex(sealed).slice(0, 12),
        sealed.byteLength,
        new TextDecoder().decode(opened) === new TextDecoder().decode(data),
      );
    }
    return out;
  },
  ["6fc8c1bfd647", 43, true, "b428d0a33968", 32, true, "93e474d74922", 27, true],
);

subtle.add(
  "a changed ciphertext does not decrypt",
  async (t) => {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = new Uint8Array(
      await crypto.subtle.encrypt({ name: "AES-GCM", iv, tagLength: 96 }, key, new Uint8Array(5)),
    );
    sealed[0]! ^= 1;
    return [
      sealed.length,
      await t.rejected(crypto.subtle.decrypt({ name: "AES-GCM", iv, tagLength: 96 }, key, sealed)),
      await t.rejected(crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, new Uint8Array(3))),
    ];
  },
  [17, "OperationError", "OperationError"],
);

subtle.add(
  "a short counter of AES-CTR begins again at zero",
  async (t) => {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CTR", false, ["encrypt"]);
    const counter = new Uint8Array(16).fill(0xff);
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-CTR", counter, length: 4 },
      key,
      new Uint8Array(32),
    );
    const zeroed = counter.slice();
    zeroed[15] = 0xf0;
    const second = await crypto.subtle.encrypt(
      { name: "AES-CTR", counter: zeroed, length: 4 },
      key,
      new Uint8Array(16),
    );
    return [
      t.hex(sealed).slice(32) === t.hex(second),
      await t.rejected(
        crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 1 }, key, new Uint8Array(48)),
      ),
    ];
  },
  [true, "OperationError"],
);

subtle.add(
  "ECDSA and Ed25519: generate, sign, verify, export, import",
  async () => {
    const data = new Uint8Array([1, 2, 3]);
    const out: unknown[] = [];
    const ways = [
      { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
      { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
      { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
      { name: "Ed25519" },
    ];
    for (const algorithm of ways) {
      const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as unknown as Pair;
      const signature = await crypto.subtle.sign(algorithm, pair.privateKey, data);
      out.push(
        signature.byteLength,
        await crypto.subtle.verify(algorithm, pair.publicKey, signature, data),
        await crypto.subtle.verify(algorithm, pair.publicKey, signature, new Uint8Array(2)),
      );
      for (const format of ["spki", "jwk", "raw"] as const) {
        const exported = await crypto.subtle.exportKey(format as "raw", pair.publicKey);
        const key = await crypto.subtle.importKey(format as "raw", exported, algorithm, true, ["verify"]);
        out.push(await crypto.subtle.verify(algorithm, key, signature, data));
      }
      for (const format of ["pkcs8", "jwk"] as const) {
        const exported = await crypto.subtle.exportKey(format as "pkcs8", pair.privateKey);
        const key = await crypto.subtle.importKey(format as "pkcs8", exported, algorithm, false, ["sign"]);
        out.push(
          await crypto.subtle.verify(
            algorithm,
            pair.publicKey,
            await crypto.subtle.sign(algorithm, key, data),
            data,
          ),
        );
      }
    }
    return out;
  },
  [64, 96, 132, 64].flatMap((length) => [length, true, false, true, true, true, true, true]),
);

subtle.add(
  "PBKDF2 and HKDF",
  async (t) => {
    const key = (name: string) =>
      crypto.subtle.importKey("raw", new TextEncoder().encode("password"), name, false, [
        "deriveBits",
        "deriveKey",
      ]);
    const salt = new TextEncoder().encode("salt");
    const pbkdf2 = { name: "PBKDF2", salt, iterations: 4096, hash: "SHA-256" };
    const hkdf = { name: "HKDF", salt, info: new Uint8Array([7]), hash: "SHA-256" };
    const derived = await crypto.subtle.deriveKey(
      pbkdf2,
      await key("PBKDF2"),
      { name: "AES-GCM", length: 256 },
      true,
      ["encrypt"],
    );
    return [
      t.hex(await crypto.subtle.deriveBits(pbkdf2, await key("PBKDF2"), 256)),
      t.hex(await crypto.subtle.exportKey("raw", derived)).slice(0, 16),
      t.hex(await crypto.subtle.deriveBits(hkdf, await key("HKDF"), 64)),
      await t.rejected(crypto.subtle.deriveBits(pbkdf2, await key("PBKDF2"), 7)),
      await t.rejected(crypto.subtle.exportKey("raw", await key("HKDF"))),
      await t.rejected(crypto.subtle.importKey("raw", new Uint8Array(1), "PBKDF2", true, ["deriveBits"])),
    ];
  },
  [
    "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a",
    "c5e478d59288c841",
    "f18308c95819f414",
    "OperationError",
    "NotSupportedError",
    "SyntaxError",
  ],
);

subtle.addUnlikeNode(
  "PBKDF2 is bounded: a call must not hold the thread for long",
  "there is no bound",
  async (t) => {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    const rounds = (iterations: number, bits: number) =>
      t.rejected(
        crypto.subtle.deriveBits(
          { name: "PBKDF2", salt: new Uint8Array(8), iterations, hash: "SHA-256" },
          key,
          bits,
        ),
      );
    return [await rounds(100_000, 256), await rounds(100_001, 256), await rounds(50_001, 512)];
  },
  ["nothing", "NotSupportedError", "NotSupportedError"],
);

subtle.addUnlikeNode(
  "RSA keys are not generated",
  "making one takes up to seconds",
  (t) =>
    t.rejected(
      crypto.subtle.generateKey(
        { name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
        true,
        ["sign", "verify"],
      ),
    ),
  "NotSupportedError",
);

subtle.add(
  "ECDH and X25519 agree",
  async (t) => {
    const out: unknown[] = [];
    for (const algorithm of [{ name: "ECDH", namedCurve: "P-256" }, { name: "X25519" }]) {
      const [a, b] = await Promise.all(
        [1, 2].map(
          () => crypto.subtle.generateKey(algorithm, true, ["deriveBits"]) as unknown as Promise<Pair>,
        ),
      );
      const bits = (own: CryptoKey, other: CryptoKey) =>
        crypto.subtle.deriveBits({ name: algorithm.name, public: other }, own, 256);
      out.push(
        t.hex(await bits(a!.privateKey, b!.publicKey)) === t.hex(await bits(b!.privateKey, a!.publicKey)),
      );
    }
    return out;
  },
  [true, true],
);

subtle.add(
  "wrapKey and unwrapKey",
  async () => {
    const wrapping = await crypto.subtle.generateKey({ name: "AES-KW", length: 256 }, false, [
      "wrapKey",
      "unwrapKey",
    ]);
    const key = await crypto.subtle.importKey("raw", new Uint8Array(16).fill(7), "AES-CBC", true, [
      "encrypt",
    ]);
    const wrapped = await crypto.subtle.wrapKey("raw", key, wrapping, "AES-KW");
    const back = await crypto.subtle.unwrapKey("raw", wrapped, wrapping, "AES-KW", "AES-CBC", true, [
      "encrypt",
    ]);
    return [wrapped.byteLength, [...new Uint8Array(await crypto.subtle.exportKey("raw", back))]];
  },
  [24, Array(16).fill(7)],
);
