/** URLPattern (URL Pattern standard), by urlpattern-polyfill. */
import { URLPattern } from "urlpattern-polyfill/urlpattern";
import { brand, defineGlobals } from "../global.ts";
import "./url.ts";

brand(URLPattern, "URLPattern");
defineGlobals({ URLPattern });
