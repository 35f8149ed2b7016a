/** crypto.subtle.encrypt and decrypt, and the ciphers that wrapKey and unwrapKey use. */
import {
  type AlgorithmIdentifier,
  type Parameters,
  type Usage,
  normalize,
  requireInteger,
  requireMember,
} from "./algorithm.ts";
import { type CryptoKey, type KeyParts, usableParts } from "./crypto-key.ts";
import { bytesOf, callForBytes, fault } from "./host-crypto.ts";

type Direction = "encrypt" | "decrypt";

export function cipher(
  direction: Direction,
  usage: Usage,
  algorithm: AlgorithmIdentifier,
  key: CryptoKey,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const parameters = normalize(algorithm, usage, ["aes", "rsa"]);
  const { name } = parameters;
  if (name === "AES-KW" && usage === direction)
    throw fault("NotSupportedError", `${usage}: AES-KW only wraps keys`);
  const parts = usableParts(key, name, usage);
  const { forHost, inputs } = cipherInputs(parameters, parts);
  return callForBytes(direction, forHost, [parts.material, data, ...inputs]);
}

function cipherInputs(
  parameters: Parameters,
  { algorithm }: KeyParts,
): { forHost: object; inputs: Uint8Array[] } {
  const { name } = parameters;
  switch (name) {
    case "AES-GCM": {
      const tagLength =
        parameters["tagLength"] === undefined ? 128 : requireInteger(parameters, "tagLength", 255);
      const iv = bytesOf(requireMember(parameters, "iv"), "iv");
      if (iv.length === 0) throw fault("OperationError", "AES-GCM: the iv is empty");
      return { forHost: { name, tagLength }, inputs: [iv, optional(parameters, "additionalData")] };
    }
    case "AES-CBC": {
      const iv = bytesOf(requireMember(parameters, "iv"), "iv");
      if (iv.length !== 16) throw fault("OperationError", `AES-CBC: the iv has ${iv.length} bytes, not 16`);
      return { forHost: { name }, inputs: [iv] };
    }
    case "AES-CTR": {
      const counter = bytesOf(requireMember(parameters, "counter"), "counter");
      const length = requireInteger(parameters, "length", 255);
      if (counter.length !== 16)
        throw fault("OperationError", `AES-CTR: the counter has ${counter.length} bytes, not 16`);
      if (length === 0 || length > 128)
        throw fault("OperationError", `AES-CTR: the counter cannot have ${length} bits`);
      return { forHost: { name, length }, inputs: [counter] };
    }
    case "RSA-OAEP":
      return {
        forHost: { name, hash: (algorithm["hash"] as { name: string }).name },
        inputs: [optional(parameters, "label")],
      };
    case "AES-KW":
      return { forHost: { name }, inputs: [new Uint8Array(0)] };
    default:
      throw fault("NotSupportedError", `${name} does not encrypt`);
  }
}

function optional(parameters: Parameters, member: string): Uint8Array {
  return parameters[member] === undefined ? new Uint8Array(0) : bytesOf(parameters[member], member);
}
