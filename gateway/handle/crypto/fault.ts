/** An error that the handler sees as a DOMException of that name. */
export class CryptoFault extends Error {
  constructor(name: string, text: string) {
    super(`${name}: ${text}`);
  }
}
