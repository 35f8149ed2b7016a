/** navigator.userAgent, by which libraries tell where they run. */
import { brand, defineGlobals } from "../global.ts";

class Navigator {
  get userAgent(): string {
    return "Nea-Gateway";
  }
  get language(): string {
    return "en-US";
  }
  get languages(): readonly string[] {
    return ["en-US"];
  }
  get hardwareConcurrency(): number {
    return 1;
  }
}
brand(Navigator, "Navigator");

defineGlobals({ navigator: new Navigator() });
