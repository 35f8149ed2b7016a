/** JSON, captured before a handler (a polyfill, say) can replace it. */

export const { parse: fromJson, stringify: toJson } = JSON;
